import signal
import socket
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from hubspot_assets.cli import app
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets_tests.settings.test_snowflake import COMPLETE

COMMAND = [sys.executable, "-c", "from hubspot_assets.cli import app; app()"]


def run(*arguments: str):
    return CliRunner().invoke(app, arguments)


def test_check_says_ok_line_by_line(account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", "contacts,cars")
    done = run("check")
    assert done.exit_code == 0
    assert [line.split(":")[0].split() for line in done.output.splitlines()] == [
        ["ok", "settings"], ["ok", "token"], ["ok", "contacts"], ["ok", "cars"], ["ok", "readable"], ["ok", "datasets"],
        ["ok", "limits"], ["ok", "destination"],
    ]  # fmt: skip


def test_check_says_what_fails_with_the_cure_and_exits_with_1(account, settings_folder, monkeypatch):
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", account.issue_token(without=["crm.objects.goals.read"]))
    monkeypatch.setenv("HUBSPOT_OBJECTS", "goals,contacts")
    monkeypatch.setenv("HUBSPOT_DUCKDB_PATH", str(settings_folder))
    done = run("check")
    assert done.exit_code == 1
    lines = {line.split(":")[0].split()[1]: line for line in done.output.splitlines()}
    assert lines["goals"].startswith("FAIL goals: The access token lacks the scope crm.objects.goals.read.")
    assert lines["contacts"].startswith("ok ")
    assert "is a folder" in lines["destination"]


def test_check_without_a_token_names_the_variable(account, monkeypatch):
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    done = run("check")
    assert done.exit_code == 1
    assert "HUBSPOT_ACCESS_TOKEN is not set. Create a service key" in done.output


@pytest.mark.parametrize(
    ("name", "given"), [("UPDATED_AFTER", "soon"), ("ALLOW_PROPERTIES", "{"), ("DENY_PROPERTIES", '{"x": ["y"]}')]
)
def test_a_setting_that_cannot_be_read_ends_check_with_one_sentence(settings_folder, monkeypatch, name, given):
    monkeypatch.setenv(f"HUBSPOT_{name}", given)
    done = run("check")
    assert done.exit_code == 1
    assert len(done.output.splitlines()) == 1
    assert f"HUBSPOT_{name}" in done.output


def test_check_leaves_nothing_behind(account, settings_folder):
    run("check")
    assert not (settings_folder / ".data").exists()


def test_the_demo_portal_serves_an_account_until_interrupted(settings_folder):
    arguments = [*COMMAND, "demo-portal", "--port", "0", "--scale", "0.02", "--no-limits"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(3)]
        assert "records is ready" in lines[0]
        settings = dict(line.split("=", 1) for line in lines[1:])
        portal = Portal.at(settings["HUBSPOT_BASE_URL"])
        assert portal.token == settings["HUBSPOT_ACCESS_TOKEN"]
        assert len(portal.ids("contacts")) > 20
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) in (0, 130, -signal.SIGINT)


def test_a_port_that_is_taken_ends_the_demo_portal_with_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("demo-portal", "--port", str(port))
    assert done.exit_code == 1
    assert done.output.strip() == f"The demo portal cannot listen on port {port} of 127.0.0.1: Address already in use."


def test_the_commands_explain_themselves():
    for command in ("demo", "check", "demo-portal"):
        assert run(command, "--help").exit_code == 0
        assert command in run("--help").output


@pytest.mark.parametrize(
    "arguments", [("demo-portal", "--port", "99999"), ("demo-portal", "--port", "-1"), ("demo", "--port", "99999")]
)
def test_a_port_that_cannot_be_is_refused_in_a_sentence(settings_folder, arguments):
    done = run(*arguments)
    assert done.exit_code == 2
    assert "--port" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("file", ["nowhere.pub", "folder", "odd.pub"])
def test_a_public_key_that_cannot_be_read_is_named(settings_folder, file):
    (settings_folder / "folder").mkdir()
    (settings_folder / "odd.pub").write_bytes(b"\xff\xfe")
    done = run("setup", "snowflake", "--public-key-file", file)
    assert done.exit_code == 1
    assert done.output.startswith(f"--public-key-file {file} ")
    assert len(done.output.splitlines()) == 1


def test_a_private_key_file_that_is_not_there_is_named(account, monkeypatch):
    for name, value in {**COMPLETE, "SNOWFLAKE_PRIVATE_KEY": "", "SNOWFLAKE_PRIVATE_KEY_FILE": "nowhere.p8"}.items():
        monkeypatch.setenv(name, value)
    done = run("check")
    assert done.exit_code == 1
    assert "SNOWFLAKE_PRIVATE_KEY_FILE names nowhere.p8, which cannot be read: No such file" in done.output
    assert "Traceback" not in done.output
