"""The Snowflake schema that the settings name, reached by dagster-snowflake's resource."""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

from hubspot_assets.settings.as_meant import as_meant
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.snowflake import SESSION_TOKEN_FILE, SnowflakeSettings
from hubspot_assets.settings.text_file import read_text

if TYPE_CHECKING:
    from dagster_snowflake import SnowflakeResource
    from snowflake.connector import SnowflakeConnection

    from hubspot_assets.warehouse.snowflake.warehouse import SnowflakeWarehouse

LOGIN_TIMEOUT = 60
"""Seconds that the driver tries to log in."""
NETWORK_TIMEOUT = 300
"""Seconds that the driver repeats a request which gets no answer; how long a statement may take is another matter."""


@cache
def snowflake_warehouse(settings: SnowflakeSettings) -> "SnowflakeWarehouse":
    """The warehouse of these settings: one per process, so that its steps share sessions.

    Raises:
        SettingsError: The extra `snowflake` is not installed.
    """
    try:
        import dagster_snowflake  # noqa: F401

        from hubspot_assets.warehouse.snowflake.sql import Place
        from hubspot_assets.warehouse.snowflake.warehouse import SnowflakeWarehouse
    except ImportError as error:
        raise SettingsError(
            "HUBSPOT_DESTINATION is snowflake, which needs the extra `snowflake`: pip install "
            f"'hubspot-assets[snowflake]' ({error})."
        ) from None

    place = Place(
        account=settings.account,
        database=settings.database,
        schema=settings.schema_name,
        warehouse=settings.warehouse,
        role=settings.role,
        user=settings.user,
    )

    def connect() -> "AbstractContextManager[SnowflakeConnection]":
        return snowflake_resource(settings).get_connection()  # pyright: ignore[reportReturnType]

    return SnowflakeWarehouse(connect, place)


def snowflake_resource(settings: SnowflakeSettings) -> "SnowflakeResource":
    """dagster-snowflake's resource for these settings.

    It holds the key in the open and shows it in its repr: keep it nowhere, and format it into nothing.

    Raises:
        SettingsError: The private key cannot be read, or there is no session token.
    """
    from dagster_snowflake import SnowflakeResource

    return SnowflakeResource(
        account=settings.account,
        database=_named(settings.database),
        schema=_named(settings.schema_name),
        warehouse=_named(settings.warehouse),
        role=_named(settings.role) if settings.role else None,
        login_timeout=LOGIN_TIMEOUT,
        network_timeout=NETWORK_TIMEOUT,
        autocommit=True,
        **_authentication(settings),
    )


def _authentication(settings: SnowflakeSettings) -> Mapping[str, Any]:
    arguments: dict[str, Any] = {
        # Without it the driver turns exact numbers into floats.
        "arrow_number_to_decimal": True,
        "session_parameters": {"TIMEZONE": "UTC", "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ"},
    }
    for name in ("host", "port", "protocol"):
        if (value := getattr(settings, name)) is not None:
            arguments[name] = value
    if settings.authentication == "SNOWFLAKE_SESSION_TOKEN":
        if not SESSION_TOKEN_FILE.is_file():
            raise SettingsError(
                f"SNOWFLAKE_AUTHENTICATION is SNOWFLAKE_SESSION_TOKEN, but there is no {SESSION_TOKEN_FILE}: that file "
                "exists only within Snowpark Container Services; elsewhere set SNOWFLAKE_AUTHENTICATION=KEY_PAIR."
            )
        # The driver reads the file at each connect: the token in it lives for minutes.
        arguments["token_file_path"] = str(SESSION_TOKEN_FILE)
        return {"user": "", "authenticator": "oauth", "additional_snowflake_connection_args": arguments}
    return {
        "user": settings.user,
        "private_key": _unencrypted_key(settings),
        "additional_snowflake_connection_args": arguments,
    }


def _unencrypted_key(settings: SnowflakeSettings) -> str:
    """The private key as PEM without a password.

    Raises:
        SettingsError: It cannot be read; the cause and the cure, and nothing of the key.
    """
    from cryptography.hazmat.primitives import serialization

    name = "SNOWFLAKE_PRIVATE_KEY"
    if settings.private_key is not None:
        pem = settings.private_key.get_secret_value().encode()
    else:
        name = "SNOWFLAKE_PRIVATE_KEY_FILE"
        assert settings.private_key_file is not None
        file = settings.private_key_file
        try:
            pem = as_meant(read_text(file)).encode()
        except OSError as error:
            raise SettingsError(f"{name} names {file}, which cannot be read: {error.strerror}.") from None
        except ValueError as error:
            raise SettingsError(f"{name} names {file}, which {error}.") from None
    password = settings.private_key_password
    try:
        key = serialization.load_pem_private_key(pem, password.get_secret_value().encode() if password else None)
    except TypeError:
        cure = "it is not encrypted: unset" if password else "it is encrypted: set"
        raise SettingsError(f"{name} cannot be used, {cure} SNOWFLAKE_PRIVATE_KEY_PASSWORD.") from None
    except ValueError:
        cause = "or SNOWFLAKE_PRIVATE_KEY_PASSWORD is not its password" if password else "give the whole PEM text"
        raise SettingsError(f"{name} cannot be used: it is not a private key in PEM format, {cause}.") from None
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _named(name: str) -> str:
    """A stored name as the driver takes it: in quotes if it would not mean itself without."""
    return name if re.fullmatch(r"[A-Z_][A-Z0-9_$]*", name) else '"' + name.replace('"', '""') + '"'
