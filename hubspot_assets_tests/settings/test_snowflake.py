import base64

import pytest

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.settings.snowflake import SnowflakeSettings

PEM = "-----BEGIN PRIVATE KEY-----\nMIIsecretsecret\n-----END PRIVATE KEY-----\n"
COMPLETE = {
    "HUBSPOT_DESTINATION": "snowflake",
    "SNOWFLAKE_ACCOUNT": "acme-test",
    "SNOWFLAKE_USER": "ASSETS",
    "SNOWFLAKE_WAREHOUSE": "loading",
    "SNOWFLAKE_DATABASE": "hubspot",
    "SNOWFLAKE_SCHEMA": '"crm"',
    "SNOWFLAKE_PRIVATE_KEY": PEM,
}


@pytest.fixture
def complete(settings_folder, monkeypatch):
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)


def refusal():
    with pytest.raises(SettingsError) as raised:
        Settings.load()
    assert "secret" not in f"{raised.value!r} {raised.value} {raised.value.__cause__} {raised.value.__context__}"
    return str(raised.value)


def test_names_are_as_snowflake_stores_them_unless_quoted(complete):
    settings = SnowflakeSettings.load()
    assert (settings.warehouse, settings.database, settings.schema_name) == ("LOADING", "HUBSPOT", "crm")
    assert "secret" not in repr(settings)
    assert "secret" not in str(settings.model_dump())


@pytest.mark.parametrize(
    "key",
    [
        PEM,
        PEM.replace("\n", "\\n"),
        PEM.replace("\n", "\\r\\n"),
        PEM.replace("\n", "\r\n"),
        base64.b64encode(PEM.encode()).decode(),
        base64.encodebytes(PEM.encode()).decode(),
    ],
    ids=["PEM", "literal line ends", "literal Windows line ends", "Windows line ends", "base64", "base64 in lines"],
)
def test_a_private_key_is_read_however_it_got_through_the_environment(complete, monkeypatch, key):
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", key)
    read = SnowflakeSettings.load().private_key
    assert read is not None
    assert read.get_secret_value().replace("\r", "") == PEM


def test_what_is_no_private_key_is_refused_without_being_shown(complete, monkeypatch):
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", "my-secret")
    assert "SNOWFLAKE_PRIVATE_KEY cannot be read: it is no private key; give the PEM text" in refusal()


def test_missing_settings_are_named_all_at_once(complete, monkeypatch):
    for name in ("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_SCHEMA"):
        monkeypatch.delenv(name)
    assert refusal() == "HUBSPOT_DESTINATION is snowflake, which needs SNOWFLAKE_ACCOUNT, SNOWFLAKE_SCHEMA."


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SNOWFLAKE_PRIVATE_KEY": ""}, "is KEY_PAIR, which needs SNOWFLAKE_PRIVATE_KEY or SNOWFLAKE_PRIVATE_KEY_FILE"),
        ({"SNOWFLAKE_PRIVATE_KEY_FILE": "key.p8"}, "set either SNOWFLAKE_PRIVATE_KEY or SNOWFLAKE_PRIVATE_KEY_FILE"),
        ({"SNOWFLAKE_USER": ""}, "which needs SNOWFLAKE_USER"),
        ({"SNOWFLAKE_AUTHENTICATION": "SNOWFLAKE_SESSION_TOKEN"}, "which needs no private key; unset"),
        ({"SNOWFLAKE_AUTHENTICATION": "PASSWORD"}, "SNOWFLAKE_AUTHENTICATION cannot be read: give `KEY_PAIR` or"),
        ({"SNOWFLAKE_PORT": "many"}, "SNOWFLAKE_PORT cannot be read: give a number such as 443"),
    ],
)
def test_contradictions_are_refused_in_a_sentence_that_names_the_cure(complete, monkeypatch, changed, said):
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    assert said in refusal()


def test_a_session_token_needs_neither_user_nor_key(complete, monkeypatch):
    for name in ("SNOWFLAKE_USER", "SNOWFLAKE_PRIVATE_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("SNOWFLAKE_AUTHENTICATION", "SNOWFLAKE_SESSION_TOKEN")
    assert Settings.load().destination == "snowflake"


def test_the_settings_of_a_destination_that_is_not_chosen_are_not_read(complete, monkeypatch):
    monkeypatch.delenv("SNOWFLAKE_ACCOUNT")
    monkeypatch.setenv("HUBSPOT_DESTINATION", "duckdb")
    Settings.load()
