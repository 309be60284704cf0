"""What a user sees who launches by `dagster asset materialize` with something wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hubspot_assets_tests.end_to_end.dagster_server import PROJECT

TOKEN = "pat-na1-0123456789-do-not-show"


def materialize(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    home = folder / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text((PROJECT / "dagster.yaml").read_text())
    command = [
        sys.executable, "-m", "dagster", "asset", "materialize", "-m", "hubspot_assets.definitions",
        "--select", f'key:"hubspot/{name}"', "--partition", "latest",
    ]  # fmt: skip
    environment = {**os.environ, "DAGSTER_HOME": str(home)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ACCESS_TOKEN": TOKEN}, "Failure: HubSpot does not know the access token. Create a service key"),
        ({"UPDATED_AFTER": "soon"}, "SettingsError: HUBSPOT_UPDATED_AFTER is invalid: 'soon' is not a date or time"),
        ({"ACCESS_TOKEN": "without goals"}, "Failure: The access token lacks the scope crm.objects.goals.read"),
    ],
)
def test_bad_input_ends_in_one_sentence_and_writes_nothing(portal, settings_folder, monkeypatch, settings, said):
    monkeypatch.setenv("HUBSPOT_BASE_URL", portal.url)
    for name, value in settings.items():
        given = portal.issue_token(without=["crm.objects.goals.read"]) if value == "without goals" else value
        monkeypatch.setenv(f"HUBSPOT_{name}", given)
    done = materialize(settings_folder, "goals")
    shown = done.stdout + done.stderr
    assert done.returncode == 1
    assert said in shown
    token = os.environ.get("HUBSPOT_ACCESS_TOKEN")
    kept = [file.read_bytes() for file in settings_folder.rglob("*") if file.is_file()]
    assert not token or (token not in shown and not any(token.encode() in content for content in kept))
    assert not (settings_folder / ".data").exists()
