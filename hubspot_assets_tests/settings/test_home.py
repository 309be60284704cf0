import os
import subprocess
import sys

import pytest

PROGRAM = """
import pwd

def unknown(_):
    raise KeyError("no entry")

pwd.getpwuid = unknown

from hubspot_assets.settings.hubspot import Settings
print(Settings.load().duckdb_path)
import snowflake.connector
from hubspot_assets.hubspot.limits.budgets import Budgets
Budgets.local("fingerprint")
"""


@pytest.mark.parametrize(
    ("given", "path"), [("a.duckdb", "a.duckdb"), ("~/a.duckdb", f"{{}}/hubspot-assets-{os.getuid()}/a.duckdb")]
)
def test_a_user_id_that_the_system_does_not_know_can_use_everything(settings_folder, given, path):
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(settings_folder), "HUBSPOT_DUCKDB_PATH": given}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == path.format(settings_folder)
    assert not (settings_folder / "~").exists()
