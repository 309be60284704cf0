"""The genuine driver, logged in by dagster-snowflake's resource as the settings say; and what it must not show."""

import logging
import traceback
from contextlib import closing

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from snowflake.connector import errors

from hubspot_assets.defs.resources import snowflake as resource
from hubspot_assets.defs.resources.snowflake import snowflake_resource, snowflake_warehouse
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.snowflake import SnowflakeSettings
from hubspot_assets.warehouse.base import WarehouseError
from hubspot_assets.warehouse.snowflake.sql import STAGE

PASSWORD = "open-sesame-9f2c"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def pem(key: rsa.RSAPrivateKey, password: str | None = None) -> str:
    encryption = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


@pytest.fixture
def environment(settings_folder, snowflake_server, monkeypatch, key):
    """Settings of a new schema on the server, with a key."""
    place = snowflake_server.place()
    for name, value in {
        "ACCOUNT": place.account,
        "USER": "ASSETS",
        "ROLE": "LOADER",
        "WAREHOUSE": place.warehouse,
        "DATABASE": place.database,
        "SCHEMA": place.schema,
        "HOST": "127.0.0.1",
        "PORT": str(snowflake_server.port),
        "PROTOCOL": "http",
        "PRIVATE_KEY": pem(key),
    }.items():
        monkeypatch.setenv(f"SNOWFLAKE_{name}", str(value))
    monkeypatch.setattr(resource, "NETWORK_TIMEOUT", 20)
    monkeypatch.setattr(resource, "LOGIN_TIMEOUT", 20)
    return settings_folder


def logged_in() -> None:
    with closing(snowflake_warehouse(SnowflakeSettings.load())) as warehouse:  # pyright: ignore[reportArgumentType]
        warehouse.check()


@pytest.mark.parametrize("way", ["inline", "inline with a password", "file", "file with a password"])
def test_a_key_pair_logs_in_however_the_key_is_given(environment, monkeypatch, key, way):
    encrypted = way.endswith("password")
    text = pem(key, PASSWORD if encrypted else None)
    if way.startswith("file"):
        (environment / "key.p8").write_text(text)
        monkeypatch.delenv("SNOWFLAKE_PRIVATE_KEY")
        monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_FILE", "key.p8")
    else:
        monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", text.replace("\n", "\\n"))
    if encrypted:
        monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_PASSWORD", PASSWORD)
    logged_in()


def test_a_session_token_is_read_from_its_file_at_each_connect(environment, monkeypatch):
    monkeypatch.delenv("SNOWFLAKE_PRIVATE_KEY")
    monkeypatch.delenv("SNOWFLAKE_USER")
    monkeypatch.setenv("SNOWFLAKE_AUTHENTICATION", "SNOWFLAKE_SESSION_TOKEN")
    file = environment / "token"
    monkeypatch.setattr(resource, "SESSION_TOKEN_FILE", file)
    with pytest.raises(SettingsError, match="exists only within Snowpark Container Services"):
        logged_in()
    settings = SnowflakeSettings.load()
    for token in ("first", "second"):
        file.write_text(token)
        connection = snowflake_resource(settings).get_connection().__enter__()
        assert connection._token == token
        connection.close()


def test_a_session_has_a_network_timeout_utc_exact_numbers_and_autocommit(environment):
    with snowflake_resource(SnowflakeSettings.load()).get_connection() as connection:
        assert connection.network_timeout == 20
        assert connection.arrow_number_to_decimal is True
        assert connection._session_parameters["TIMEZONE"] == "UTC"
        assert connection._session_parameters["AUTOCOMMIT"] is True
        assert connection.database == "ANALYTICS"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"PRIVATE_KEY_PASSWORD": PASSWORD}, "it is not encrypted: unset SNOWFLAKE_PRIVATE_KEY_PASSWORD"),
        ({"PRIVATE_KEY": "encrypted"}, "it is encrypted: set SNOWFLAKE_PRIVATE_KEY_PASSWORD"),
        ({"PRIVATE_KEY": "encrypted", "PRIVATE_KEY_PASSWORD": "wrong"}, "PASSWORD is not its password"),
        ({"PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----\nMIIabc\n"}, "give the whole PEM text"),
        ({"PRIVATE_KEY": "", "PRIVATE_KEY_FILE": "absent.p8"}, "names absent.p8, which cannot be read: No such file"),
    ],
)
def test_a_key_that_cannot_be_used_is_told_with_the_cure(environment, monkeypatch, key, changed, said):
    for name, value in changed.items():
        monkeypatch.setenv(f"SNOWFLAKE_{name}", pem(key, PASSWORD) if value == "encrypted" else value)
    with pytest.raises(SettingsError, match=said):
        logged_in()


def test_one_process_has_one_warehouse_for_the_same_settings(environment):
    first, again = (snowflake_warehouse(SnowflakeSettings.load()) for _ in range(2))  # pyright: ignore[reportArgumentType]
    assert first is again


def test_secrets_are_in_nothing_that_a_failing_run_prints(environment, monkeypatch, key, caplog, capfd):
    encrypted = pem(key, PASSWORD)
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", encrypted)
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_PASSWORD", PASSWORD)
    secrets = [PASSWORD, *(line for text in (encrypted, pem(key)) for line in text.splitlines() if "KEY" not in line)]
    texts = []
    with caplog.at_level(logging.DEBUG):
        settings = SnowflakeSettings.load()
        warehouse = snowflake_warehouse(settings)  # pyright: ignore[reportArgumentType]
        texts += [repr(settings), str(settings), settings.model_dump_json(), repr(warehouse), warehouse.describe()]
        with closing(warehouse):
            warehouse.check()
            with pytest.raises(WarehouseError) as raised:
                warehouse.commit(lambda _: _raise(errors.ProgrammingError("no", errno=3001)))
            texts.append(_everything(raised.value))
        monkeypatch.setenv("SNOWFLAKE_PORT", "1")
        monkeypatch.setattr(resource, "LOGIN_TIMEOUT", 1)
        with pytest.raises(WarehouseError, match="cannot be reached") as raised:
            logged_in()
        texts.append(_everything(raised.value))
    texts += [caplog.text, *capfd.readouterr()]
    assert len(caplog.text) > 10_000, "the driver says what it does"
    for text in texts:
        assert not [secret for secret in secrets if secret in text]


def _raise(error: Exception):
    raise error


def _everything(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def test_check_tells_each_thing_that_setup_makes(environment, monkeypatch):
    from hubspot_assets.settings.hubspot import Settings
    from hubspot_assets.setup.preflight import prerequisites

    monkeypatch.setenv("HUBSPOT_DESTINATION", "snowflake")
    found = {each.subject: each for each in prerequisites(Settings.load()) if each.subject.startswith("snowflake")}
    assert [name.partition(" ")[2] for name in found] == ["connection", "database", "warehouse", "stage", "load"]
    assert STAGE in found["snowflake stage"].detail
    monkeypatch.setenv("SNOWFLAKE_WAREHOUSE", "ELSEWHERE")
    *_, last = prerequisites(Settings.load())
    assert not last.works
    assert "GRANT USAGE ON WAREHOUSE ELSEWHERE TO ROLE LOADER" in last.detail
