import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from hubspot_assets.defs.resources.snowflake import snowflake_resource
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
    assert "SNOWFLAKE_PRIVATE_KEY is invalid: it is not a private key; give the PEM text" in refusal()


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
        ({"SNOWFLAKE_AUTHENTICATION": "PASSWORD"}, "SNOWFLAKE_AUTHENTICATION is invalid: give `KEY_PAIR` or"),
        ({"SNOWFLAKE_PORT": "many"}, "SNOWFLAKE_PORT is invalid: give a number such as 443"),
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


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("myorg-account1", "myorg-account1"),
        ("MYORG.ACCOUNT1", "MYORG-ACCOUNT1"),
        ("myorg/account_1", "myorg-account_1"),
        ("myorg-account1.snowflakecomputing.com", "myorg-account1"),
        ("https://myorg-account1.snowflakecomputing.com/", "myorg-account1"),
        ("HTTPS://MYORG-ACCOUNT1.SNOWFLAKECOMPUTING.COM:443/console", "MYORG-ACCOUNT1"),
        ("myorg-account1.privatelink.snowflakecomputing.com", "myorg-account1.privatelink"),
        ("xy12345.privatelink", "xy12345.privatelink"),
        ("xy12345", "xy12345"),
        ("xy12345.us-east-1", "xy12345.us-east-1"),
        ("https://xy12345.west-europe.azure.snowflakecomputing.com", "xy12345.west-europe.azure"),
        ("https://app.snowflake.com/myorg/account1/#/homepage", "myorg-account1"),
        ("app.snowflake.com/us-east-1/xy12345/worksheets", "xy12345.us-east-1"),
        ("myorg-account1.snowflakecomputing.cn", "myorg-account1"),
    ],
)
def test_an_account_may_be_written_as_snowflakes_pages_do(complete, monkeypatch, given, meant):
    monkeypatch.setenv("SNOWFLAKE_ACCOUNT", given)
    assert SnowflakeSettings.load().account == meant


@pytest.mark.parametrize("given", ["my org", "https://", "acme test.snowflakecomputing.com", "-account"])
def test_what_names_no_account_is_refused(complete, monkeypatch, given):
    monkeypatch.setenv("SNOWFLAKE_ACCOUNT", given)
    assert "SNOWFLAKE_ACCOUNT is invalid: give organization and account name, joined by a hyphen" in refusal()


def test_a_private_key_flattened_into_one_line_is_laid_out_again(complete, monkeypatch):
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", PEM.replace("\n", " "))
    read = SnowflakeSettings.load().private_key
    assert read is not None
    assert read.get_secret_value() == PEM


def test_the_key_file_may_be_in_the_home_folder(complete, settings_folder, monkeypatch):
    monkeypatch.setenv("HOME", str(settings_folder))
    monkeypatch.delenv("SNOWFLAKE_PRIVATE_KEY")
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_FILE", "~/.ssh/key.p8")
    assert SnowflakeSettings.load().private_key_file == settings_folder / ".ssh" / "key.p8"


def test_the_host_may_be_given_as_an_address(complete, monkeypatch):
    monkeypatch.setenv("SNOWFLAKE_HOST", "https://myorg-account1.privatelink.snowflakecomputing.com/")
    assert SnowflakeSettings.load().host == "myorg-account1.privatelink.snowflakecomputing.com"


def test_the_settings_of_snowflake_are_part_of_the_settings(complete):
    settings = Settings.load()
    assert settings.snowflake == SnowflakeSettings.load()
    assert "SNOWFLAKE_ACCOUNT" in settings.places
    assert "MIIsecret" not in f"{settings!r} {settings.model_dump()}"


def test_a_key_file_is_read_in_whatever_encoding_a_shell_wrote_it(complete, settings_folder, monkeypatch):
    key = rsa.generate_private_key(65537, 2048)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    (settings_folder / "key.p8").write_bytes(("\ufeff" + text.replace("\n", "\r\n")).encode("utf-16-le"))
    monkeypatch.delenv("SNOWFLAKE_PRIVATE_KEY")
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_FILE", "key.p8")
    assert snowflake_resource(SnowflakeSettings.load()).private_key == text
