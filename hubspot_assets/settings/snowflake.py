"""The settings of the Snowflake destination, read from the environment (and `.env`) when it is chosen.

They are those of Snowflake's own HubSpot connector (Openflow): the same two ways to authenticate, by the same names.
"""

import base64
import binascii
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SESSION_TOKEN_FILE = Path("/snowflake/session/token")
"""Where Snowpark Container Services put the token of a container's service, and renew it every few minutes."""

_BEGIN = "-----BEGIN "


def _identifier(name: str) -> str:
    """A name as Snowflake stores it: upper-case, unless it is given in double quotes."""
    if len(name) > 2 and name[0] == name[-1] == '"':
        return name[1:-1].replace('""', '"')
    return name.upper()


def _pem(key: object) -> object:
    r"""A private key as PEM, however it got through the environment: with `\n` for line ends, or as base64."""
    text = key.get_secret_value() if isinstance(key, SecretStr) else key
    if not isinstance(text, str):
        return key
    text = text.strip().replace("\\r", "").replace("\\n", "\n")
    if not text.startswith(_BEGIN):
        try:
            text = base64.b64decode("".join(text.split()), validate=True).decode().strip()
        except (binascii.Error, UnicodeDecodeError):
            text = ""
    if not text.startswith(_BEGIN):
        raise ValueError(
            "it is no private key; give the PEM text (real line ends, or \\n in their place), or the base64 of it"
        )
    return text.strip() + "\n"


Identifier = Annotated[str, Field(min_length=1), AfterValidator(_identifier)]


class SnowflakeSettings(BaseSettings):
    """Where in Snowflake the tables are, and how to authenticate.

    Attributes:
        account: organization and account name, joined by a hyphen (`myorg-account1`).
        user: whose key it is; a session token knows its own.
        role: what the user acts as; the user's default without.
        warehouse: what computes.
        database: where the schema is.
        schema_name: where the tables are (SNOWFLAKE_SCHEMA).
        authentication: `KEY_PAIR`, or `SNOWFLAKE_SESSION_TOKEN` within Snowpark Container Services.
        private_key: the PEM text itself.
        private_key_file: or a file with it.
        private_key_password: of an encrypted key.
        host: in place of the address that follows from the account; containers are told theirs.
        port: see host.
        protocol: see host.
    """

    model_config = SettingsConfigDict(
        env_prefix="SNOWFLAKE_",
        env_file=".env",
        extra="ignore",
        hide_input_in_errors=True,
        env_ignore_empty=True,
        frozen=True,
        populate_by_name=True,
    )

    account: str
    user: str | None = None
    role: Identifier | None = None
    warehouse: Identifier
    database: Identifier
    schema_name: Annotated[Identifier, Field(validation_alias="SNOWFLAKE_SCHEMA")]
    authentication: Literal["KEY_PAIR", "SNOWFLAKE_SESSION_TOKEN"] = "KEY_PAIR"
    private_key: Annotated[SecretStr | None, BeforeValidator(_pem)] = None
    private_key_file: Path | None = None
    private_key_password: SecretStr | None = None
    host: str | None = None
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
    def load(cls) -> "SnowflakeSettings":
        """Read the environment.

        Raises:
            SettingsError: settings are missing, contradict each other or cannot be used; no value is shown.
        """
        from hubspot_assets.settings.errors import SettingsError

        try:
            return cls()  # pyright: ignore[reportCallIssue]
        except ValidationError as error:
            # The input itself is left out of the message and of the chain: it may be a secret.
            problems = error.errors()
        missing = [_variable(each["loc"]) for each in problems if each["type"] == "missing"]
        sentences = [f"HUBSPOT_DESTINATION is snowflake, which needs {', '.join(missing)}."] if missing else []
        for each in problems:
            message = each["msg"].removeprefix("Value error, ")
            if not each["loc"]:
                sentences.append(f"The settings contradict each other: {message}.")
            elif each["type"] != "missing":
                name = _variable(each["loc"])
                sentences.append(f"{name} cannot be read: {_EXPECTED.get(name, message)}.")
        raise SettingsError(" ".join(sentences))


_EXPECTED = {
    "SNOWFLAKE_AUTHENTICATION": "give `KEY_PAIR` or `SNOWFLAKE_SESSION_TOKEN`",
    "SNOWFLAKE_PORT": "give a number such as 443",
    "SNOWFLAKE_PROTOCOL": "give `https`",
}


def _variable(location: tuple[int | str, ...]) -> str:
    return f"SNOWFLAKE_{str(location[0]).upper().removeprefix('SNOWFLAKE_')}"
