import re

import pytest
import sqlglot
from typer.testing import CliRunner

from hubspot_assets.cli import app
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.setup.snowflake import Names, public_key, statements

FILE = "-----BEGIN PUBLIC KEY-----\nMIIBIjAN\nBgkqhkiG\n-----END PUBLIC KEY-----\n"


def test_every_statement_is_snowflakes_sql_and_can_be_repeated():
    for statement in statements(Names(), "MIIB"):
        assert not isinstance(sqlglot.parse_one(statement, read="snowflake"), type(None))
        assert statement.startswith(("GRANT", "ALTER USER")) or "IF NOT EXISTS" in statement


def test_the_role_gets_what_a_sync_needs_and_no_more():
    grants = [s for s in statements(Names(), None) if s.startswith("GRANT") and "TO ROLE HUBSPOT_LOADER" in s]
    assert [re.sub(r"GRANT (.*) ON (\w+) .*", r"\1 \2", grant) for grant in grants] == [
        "USAGE DATABASE",
        "USAGE, CREATE TABLE, CREATE VIEW SCHEMA",
        "READ, WRITE STAGE",
        "USAGE WAREHOUSE",
    ]


def test_the_printed_settings_and_names_follow_the_environment_and_the_key_file(settings_folder, monkeypatch):
    monkeypatch.setenv("SNOWFLAKE_DATABASE", "SALES")
    file = settings_folder / "key.pub"
    file.write_text(FILE)
    result = CliRunner().invoke(app, ["setup", "snowflake", "--public-key-file", str(file)])
    assert result.exit_code == 0, result.output
    assert "CREATE STAGE IF NOT EXISTS SALES.CRM.HUBSPOT_LOAD;" in result.output
    assert "SET RSA_PUBLIC_KEY = 'MIIBIjANBgkqhkiG';" in result.output
    assert "WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60" in result.output
    assert "TYPE = SERVICE" in result.output
    assert "openssl genrsa 2048" in result.output


def test_the_printed_settings_are_complete_but_for_the_account(settings_folder, monkeypatch):
    result = CliRunner().invoke(app, ["setup", "snowflake"])
    settings = "\n".join(re.findall(r"^[A-Z_]+=.*$", result.output, re.MULTILINE))
    (settings_folder / ".env").write_text(settings)
    with pytest.raises(SettingsError, match="SNOWFLAKE_ACCOUNT is invalid: give organization and account name"):
        Settings.load()
    (settings_folder / ".env").write_text(re.sub("<the result of .*>", "MYORG-ACCOUNT1", settings))
    assert Settings.load().destination == "snowflake"


@pytest.mark.parametrize("text", ["", "MIIB", FILE.replace("PUBLIC", "PRIVATE")])
def test_a_file_without_a_public_key_is_refused(settings_folder, text):
    (settings_folder / "key.pub").write_text(text)
    with pytest.raises(ValueError, match="holds no public key"):
        public_key(settings_folder / "key.pub")
    result = CliRunner().invoke(app, ["setup", "snowflake", "--public-key-file", "key.pub"])
    assert result.exit_code == 1
