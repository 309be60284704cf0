"""The settings of the Snowflake destination, read when it is chosen.

They are those of Snowflake's own HubSpot connector (Openflow): the same two ways to authenticate, by the same names.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from typing_extensions import override

from hubspot_assets.settings.as_meant import bare, in_quotes, passphrase
from hubspot_assets.settings.kinds import File
from hubspot_assets.settings.model import SettingsModel
from hubspot_assets.settings.places import given_settings
from hubspot_assets.settings.private_key import pem
from hubspot_assets.settings.snowflake_account import account_identifier

SESSION_TOKEN_FILE = Path("/snowflake/session/token")
"""Where Snowpark Container Services put the token of a container's service, and renew it every few minutes."""


def _identifier(name: object) -> object:
    """A name as Snowflake stores it: upper-case, unless it is given in double quotes."""
    if not isinstance(name, str):
        return name
    name = bare(name)
    if in_quotes(name) and name[0] != '"':
        name = bare(name[1:-1])
    if len(name) > 2 and name[0] == name[-1] == '"':
        return name[1:-1].replace('""', '"')
    return name.upper()


def _passphrase(text: object) -> object:
    return passphrase(text) if isinstance(text, str) else text


def _host(host: str | None) -> str | None:
    return host and re.sub(r"^https?://", "", host).rstrip("/")


Identifier = Annotated[str, Field(min_length=1), BeforeValidator(_identifier)]


class SnowflakeSettings(SettingsModel):
    """Where in Snowflake the tables are, and how to authenticate.

    Attributes:
        account: Organization and account name, joined by a hyphen (`myorg-account1`).
        user: Whose key it is; a session token knows its own.
        role: What the user acts as; the user's default without.
        warehouse: What computes.
        database: Where the schema is.
        schema_name: Where the tables are (SNOWFLAKE_SCHEMA).
        authentication: `KEY_PAIR`, or `SNOWFLAKE_SESSION_TOKEN` within Snowpark Container Services.
        private_key: The PEM text itself.
        private_key_file: Or a file with it.
        private_key_password: Of an encrypted key.
        host: In place of the address that follows from the account; containers are told theirs.
        port: See host.
        protocol: See host.
    """

    prefix: ClassVar[str] = "SNOWFLAKE_"
    exact: ClassVar[frozenset[str]] = frozenset(
        ("role", "warehouse", "database", "schema_name", "private_key_password")
    )
    expected: ClassVar[Mapping[str, str]] = {
        "authentication": "give `KEY_PAIR` or `SNOWFLAKE_SESSION_TOKEN`",
        "port": "give a number such as 443",
        "protocol": "give `https`",
    }

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    account: Annotated[str, AfterValidator(account_identifier)]
    user: str | None = None
    role: Identifier | None = None
    warehouse: Identifier
    database: Identifier
    schema_name: Annotated[Identifier, Field(alias="schema")]
    authentication: Literal["KEY_PAIR", "SNOWFLAKE_SESSION_TOKEN"] = "KEY_PAIR"
    private_key: Annotated[SecretStr | None, BeforeValidator(pem)] = None
    private_key_file: File | None = None
    private_key_password: Annotated[SecretStr | None, BeforeValidator(_passphrase)] = None
    host: Annotated[str | None, AfterValidator(_host)] = None
    port: Annotated[int | None, Field(ge=1, le=65_535)] = None
    protocol: Literal["https", "http"] | None = None

    @model_validator(mode="after")
    def _one_authentication(self) -> Self:
        keys = self.private_key is not None, self.private_key_file is not None
        if self.authentication == "SNOWFLAKE_SESSION_TOKEN":
            if any(keys) or self.private_key_password is not None:
                raise ValueError(
                    "SNOWFLAKE_AUTHENTICATION is SNOWFLAKE_SESSION_TOKEN, which needs no private key; unset "
                    "SNOWFLAKE_PRIVATE_KEY, SNOWFLAKE_PRIVATE_KEY_FILE and SNOWFLAKE_PRIVATE_KEY_PASSWORD, or set "
                    "SNOWFLAKE_AUTHENTICATION=KEY_PAIR"
                )
            return self
        if all(keys):
            raise ValueError("set either SNOWFLAKE_PRIVATE_KEY or SNOWFLAKE_PRIVATE_KEY_FILE, not both")
        if not any(keys):
            raise ValueError(
                "SNOWFLAKE_AUTHENTICATION is KEY_PAIR, which needs SNOWFLAKE_PRIVATE_KEY or "
                "SNOWFLAKE_PRIVATE_KEY_FILE; `hubspot-assets setup snowflake` tells how to make a key (or, within "
                "Snowpark Container Services, set SNOWFLAKE_AUTHENTICATION=SNOWFLAKE_SESSION_TOKEN)"
            )
        if self.user is None:
            raise ValueError("SNOWFLAKE_AUTHENTICATION is KEY_PAIR, which needs SNOWFLAKE_USER, the user with that key")
        return self

    @classmethod
    def load(cls) -> Self:
        """Read the settings of the destination alone.

        Raises:
            SettingsError: Settings are missing or invalid; the message names each one, and shows no secret.
        """
        return cls.read(given_settings())

    @classmethod
    @override
    def _needs(cls, missing: list[str]) -> str:
        return f"HUBSPOT_DESTINATION is snowflake, which needs {', '.join(missing)}."
