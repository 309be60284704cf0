"""Every setting, read from the environment (and `.env`) and validated once.

Names are public interface. What is wrong is said in one sentence that names the variable and the cure.
"""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from hubspot_assets.catalog.object_types import DEFAULT_OBJECT_TYPES, STANDARD_OBJECT_TYPES
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.instants import instant
from hubspot_assets.settings.schedule_expressions import ScheduleExpression, schedule_expression

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


_OWNER = re.compile(r"team:\w+|[^@\s:]+@[^@\s:]+\.[a-zA-Z]{2,}")
_IDS = {object_type.object_type_id: name for name, object_type in STANDARD_OBJECT_TYPES.items()}


def _object_name(name: str) -> str:
    """The name by which assets know an object type that a user names or gives the type id of."""
    return _IDS.get(name.lower(), name.lower())


def _object_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if names == ("all",):
        return tuple(STANDARD_OBJECT_TYPES)
    if not names or "all" in names:
        raise ValueError("give names such as `contacts,deals`, or `all` alone")
    return tuple(dict.fromkeys(_object_name(name) for name in names))


def _owners(owners: tuple[str, ...]) -> tuple[str, ...]:
    for owner in owners:
        if not _OWNER.fullmatch(owner):
            raise ValueError(f"{owner!r} is neither an e-mail address nor a team such as `team:crm`")
    return owners


def _read_json(value: object) -> object:
    # Pydantic's own error would quote nothing but "invalid JSON", and not say where.
    return json.loads(value) if isinstance(value, str) else value


def _by_object_name(patterns: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {_object_name(name): each for name, each in patterns.items()}


PropertyPatterns = Annotated[
    dict[str, tuple[str, ...]], NoDecode, BeforeValidator(_read_json), AfterValidator(_by_object_name)
]
"""Shell-style patterns of property names, by object type."""


def _schedule(value: object) -> object:
    return schedule_expression(value) if isinstance(value, str) else value


Schedule = Annotated[ScheduleExpression, NoDecode, BeforeValidator(_schedule)]
"""How often: a duration (`30 minutes`), or a cron expression (UTC)."""


_BROKERS = ("redis://", "rediss://", "amqp://", "amqps://")


def _broker(url: SecretStr | None) -> SecretStr | None:
    if url is not None and not url.get_secret_value().startswith(_BROKERS):
        raise ValueError(
            f"give an address that begins with {_BROKERS[0]}, {_BROKERS[1]}, {_BROKERS[2]} or {_BROKERS[3]}"
        )
    return url


class Settings(BaseSettings):
    """The settings of one process.

    Attributes:
        access_token: service key or private-app token.
        client_id: with client_secret and refresh_token, an OAuth app in place of the access token.
        client_secret: see client_id.
        refresh_token: see client_id.
        base_url: where HubSpot is; the demo portal's address for tests.
        api_version: HubSpot's dated API version.
        objects: which object types become assets.
        owners: who the UI names as responsible for the assets: e-mail addresses, or teams as `team:crm`.
        latest_schedule: how often live records are brought up to date.
        archived_schedule: how often the recycle bin is read.
        updated_after: the first load reads only records modified since (UTC without an offset).
        allow_properties: per object type, patterns of the properties to read; all others are left out.
        deny_properties: per object type, patterns of properties to leave out.
        budget_url: where several machines share HubSpot's rate limits (`redis://…`, `postgresql://…`); by default
            all processes of this machine share them.
        destination: where the tables are; Snowflake has settings of its own (`snowflake_settings.py`).
        duckdb_path: the DuckDB file.
        executor: how the steps of a run are executed.
        keep_runs_days: how long Dagster keeps what scheduled runs said; 0 for ever.
        celery_broker: where Celery's workers fetch steps (`redis://…`, `amqp://…`); results come back there too.
        celery_queue: the broker's queue of these steps; every deployment that shares the broker needs its own.
    """

    model_config = SettingsConfigDict(
        env_prefix="HUBSPOT_",
        env_file=".env",
        extra="ignore",
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    access_token: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    base_url: Annotated[str, Field(pattern=r"^https?://[^/]")] = "https://api.hubapi.com"
    api_version: Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-beta)?$")] = "2026-09"
    objects: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_object_names)] = (
        DEFAULT_OBJECT_TYPES
    )
    owners: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_owners)] = ()
    latest_schedule: Schedule = schedule_expression("30 minutes")
    archived_schedule: Schedule = schedule_expression("1 day")
    updated_after: Annotated[datetime | None, BeforeValidator(instant)] = None
    allow_properties: PropertyPatterns = {}
    deny_properties: PropertyPatterns = {}
    budget_url: SecretStr | None = None
    destination: Literal["duckdb", "snowflake"] = "duckdb"
    duckdb_path: Path = Path(".data/hubspot.duckdb")
    keep_runs_days: Annotated[int, Field(ge=0)] = 30
    executor: Literal["in_process", "multiprocess", "celery", "kubernetes"] = "in_process"
    celery_broker: Annotated[SecretStr | None, AfterValidator(_broker)] = None
    celery_queue: Annotated[str, Field(pattern=r"^[\w.-]+$")] = "hubspot"

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        oauth = (self.client_id, self.client_secret, self.refresh_token)
        if any(oauth) and not all(oauth):
            raise ValueError("OAuth needs HUBSPOT_CLIENT_ID, HUBSPOT_CLIENT_SECRET and HUBSPOT_REFRESH_TOKEN together")
        if any(oauth) and self.access_token:
            raise ValueError("set either HUBSPOT_ACCESS_TOKEN or the three OAuth variables, not both")
        return self

    @model_validator(mode="after")
    def _patterns_of_objects(self) -> Self:
        # A pattern that no asset obeys would let out what it was to keep back.
        for setting, patterns in (("ALLOW", self.allow_properties), ("DENY", self.deny_properties)):
            if strangers := patterns.keys() - set(self.objects):
                raise ValueError(
                    f"HUBSPOT_{setting}_PROPERTIES names {', '.join(sorted(strangers))}, which HUBSPOT_OBJECTS does not"
                )
        return self

    @model_validator(mode="after")
    def _steps_in_other_places(self) -> Self:
        if self.executor == "celery":
            if self.celery_broker is None:
                raise ValueError("HUBSPOT_EXECUTOR=celery needs HUBSPOT_CELERY_BROKER, such as redis://broker:6379/0")
            if self.destination == "duckdb" and not self.duckdb_path.is_absolute():
                # Each worker would make a file of its own in the folder it was started from.
                raise ValueError(
                    f"HUBSPOT_EXECUTOR=celery needs HUBSPOT_DUCKDB_PATH to be absolute, not {self.duckdb_path}"
                )
            if self.budget_url is None and self.celery_broker.get_secret_value().startswith("redis"):
                self.budget_url = self.celery_broker
        if self.executor == "kubernetes" and self.destination == "duckdb":
            raise ValueError(
                "HUBSPOT_EXECUTOR=kubernetes runs each step in a pod of its own, and a DuckDB file would be gone with "
                "it: set HUBSPOT_DESTINATION=snowflake"
            )
        if self.executor in ("celery", "kubernetes") and self.budget_url is None:
            # Each place would use up HubSpot's limits for itself.
            raise ValueError(
                f"HUBSPOT_EXECUTOR={self.executor} needs HUBSPOT_BUDGET_URL (redis://… or postgresql://…), by which "
                "machines share HubSpot's rate limits"
            )
        return self

    @classmethod
    def load(cls) -> "Settings":
        """Read the environment.

        Raises:
            SettingsError: a setting cannot be used; the message names each one, and shows no secret.
        """
        try:
            settings = cls()
        except ValidationError as error:
            # The input itself is left out of the message and of the chain: it may be a secret.
            raise SettingsError(" ".join(_sentence(each) for each in error.errors())) from None
        if settings.destination == "snowflake":
            from hubspot_assets.settings.snowflake import SnowflakeSettings

            SnowflakeSettings.load()
        return settings


_EXPECTED = {
    "base_url": "give an address such as https://api.hubapi.com",
    "api_version": "give a dated version such as 2026-09",
    "destination": "give `duckdb` or `snowflake`",
    "executor": "give `in_process`, `multiprocess`, `celery` or `kubernetes`",
    "celery_queue": "give letters, digits, `.`, `-` and `_`",
    "allow_properties": 'give JSON such as {"contacts": ["email", "hs_*"]}',
    "deny_properties": 'give JSON such as {"contacts": ["hs_analytics_*"]}',
}


def _sentence(error: "ErrorDetails") -> str:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return f"The settings contradict each other: {message}."
    name = str(error["loc"][0])
    return f"HUBSPOT_{name.upper()} cannot be read: {_EXPECTED.get(name, message)}."
