"""Every setting, read from where people keep them and validated once.

Names are public interface. What is wrong is said in one sentence that names the variable and the cure.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, SecretStr, model_validator

from hubspot_assets.catalog.datasets import DEFAULT_DATASETS
from hubspot_assets.catalog.object_types import DEFAULT_OBJECT_TYPES
from hubspot_assets.settings.home import provide_home
from hubspot_assets.settings.instants import instant
from hubspot_assets.settings.kinds import Broker, DuckDBFile, PropertyPatterns, Schedule, TimeZone, Webhook
from hubspot_assets.settings.misspelled import misspelled
from hubspot_assets.settings.model import SettingsModel
from hubspot_assets.settings.names import Datasets, EventNames, ObjectNames, Owners, Pairs
from hubspot_assets.settings.places import SECRETS, given_settings
from hubspot_assets.settings.s3 import LakeSettings, S3Settings
from hubspot_assets.settings.schedule_expressions import schedule_expression
from hubspot_assets.settings.snowflake import SnowflakeSettings

Instant = Annotated[datetime | None, BeforeValidator(instant)]

_LOGGER = logging.getLogger(__name__)


class Settings(SettingsModel):
    """The settings of one process.

    Attributes:
        access_token: Service key or private-app token.
        client_id: With client_secret and refresh_token, an OAuth app in place of the access token.
        client_secret: See client_id.
        refresh_token: See client_id.
        base_url: Where HubSpot is; the demo portal's address for tests.
        api_version: HubSpot's dated API version.
        objects: Which object types become assets.
        datasets: What is read besides their records.
        associations: Pairs of object types whose associations are read; `all` known pairs among `objects`.
        property_history: Per object type, patterns of the properties whose history is read.
        events: Which events are read.
        events_since: Events before are not read (UTC without an offset).
        owners: Owners of the assets, shown in the UI: email addresses, or teams as `team:crm`.
        time_zone: The time zone whose clock schedules go by.
        latest_schedule: How often live records are brought up to date.
        archived_schedule: How often the recycle bin is read.
        marketing_schedule: How often marketing data are brought up to date.
        updated_after: The first load reads only records modified since (UTC without an offset).
        allow_properties: Per object type, patterns of the properties to read; all others are left out.
        deny_properties: Per object type, patterns of properties to leave out.
        budget_url: Where several machines share HubSpot's rate limits (`redis://…`, `postgresql://…`); by default
            all processes of this machine share them.
        destination: Where the tables are.
        duckdb_path: The DuckDB file.
        snowflake: The settings of the destination Snowflake, where it is chosen.
        lake: The settings of the destination S3, where it is chosen.
        executor: How the steps of a run are executed.
        keep_runs_days: How long Dagster keeps the logs of successful scheduled runs; 0 keeps them forever.
        alert_webhook: Who is told when runs fail.
        dagster_url: Where the Dagster UI is, for links in messages.
        celery_broker: Where Celery's workers fetch steps (`redis://…`, `amqp://…`); results come back there too.
        celery_queue: The broker's queue of these steps; every deployment that shares the broker needs its own.
    """

    prefix: ClassVar[str] = "HUBSPOT_"
    exact: ClassVar[frozenset[str]] = frozenset(("allow_properties", "deny_properties", "property_history"))
    derived: ClassVar[frozenset[str]] = frozenset(("snowflake", "lake"))
    expected: ClassVar[Mapping[str, str]] = {
        "base_url": "give an address such as https://api.hubapi.com",
        "api_version": "give a dated version such as 2026-09",
        "destination": "give `duckdb`, `snowflake` or `s3`",
        "executor": "give `in_process`, `multiprocess`, `celery` or `kubernetes`",
        "dagster_url": "give the address of the Dagster UI such as https://dagster.example.com",
        "celery_queue": "give letters, digits, `.`, `-` and `_`",
        "keep_runs_days": "give a number of days such as 30, or 0 to keep them forever",
        "allow_properties": 'give JSON such as {"contacts": ["email", "hs_*"]}',
        "deny_properties": 'give JSON such as {"contacts": ["hs_analytics_*"]}',
        "property_history": 'give JSON such as {"deals": ["dealstage", "amount"]}',
    }

    access_token: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    base_url: Annotated[str, Field(pattern=r"^https?://[^/]")] = "https://api.hubapi.com"
    api_version: Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-beta)?$")] = "2026-09"
    objects: ObjectNames = DEFAULT_OBJECT_TYPES
    datasets: Datasets = DEFAULT_DATASETS
    associations: Pairs = "all"
    property_history: PropertyPatterns = Field(default_factory=dict)
    events: EventNames = ()
    events_since: Instant = None
    owners: Owners = ()
    time_zone: TimeZone = "UTC"
    latest_schedule: Annotated[Schedule, Field(validate_default=True)] = schedule_expression("30 minutes")
    archived_schedule: Annotated[Schedule, Field(validate_default=True)] = schedule_expression("1 day")
    marketing_schedule: Annotated[Schedule, Field(validate_default=True)] = schedule_expression("1 hour")
    updated_after: Instant = None
    allow_properties: PropertyPatterns = Field(default_factory=dict)
    deny_properties: PropertyPatterns = Field(default_factory=dict)
    budget_url: SecretStr | None = None
    destination: Literal["duckdb", "snowflake", "s3"] = "duckdb"
    duckdb_path: DuckDBFile = Path(".data/hubspot.duckdb")
    snowflake: SnowflakeSettings | None = None
    lake: LakeSettings | None = None
    keep_runs_days: Annotated[int, Field(ge=0)] = 30
    alert_webhook: Webhook = None
    dagster_url: Annotated[str | None, Field(pattern=r"^https?://[^/]")] = None
    executor: Literal["in_process", "multiprocess", "celery", "kubernetes"] = "in_process"
    celery_broker: Broker = None
    celery_queue: Annotated[str, Field(pattern=r"^[\w.-]+$")] = "hubspot"

    _places: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _misspelled: tuple[str, ...] = PrivateAttr(default=())
    _found_token: SecretStr | None = PrivateAttr(default=None)

    @property
    def places(self) -> Mapping[str, str]:
        """Where each variable was found (`the environment`, `.env`), by the variable's name; empty for defaults."""
        return self._places

    @property
    def misspelled(self) -> tuple[str, ...]:
        """One sentence for each variable that was given and looks like a setting, but is none."""
        return self._misspelled

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
        for name in ("allow_properties", "deny_properties", "property_history"):
            if strangers := getattr(self, name).keys() - set(self.objects):
                raise ValueError(
                    f"HUBSPOT_{name.upper()} names {', '.join(sorted(strangers))}, which HUBSPOT_OBJECTS does not"
                )
        return self

    @model_validator(mode="after")
    def _datasets_that_are_described(self) -> Self:
        if self.property_history and "property_history" not in self.datasets:
            if "datasets" in self.model_fields_set:
                raise ValueError(
                    "HUBSPOT_PROPERTY_HISTORY is set, but HUBSPOT_DATASETS leaves out property_history: add it there, "
                    "or unset HUBSPOT_PROPERTY_HISTORY"
                )
            self.datasets = (*self.datasets, "property_history")
        if self.associations != "all" and "associations" not in self.datasets:
            raise ValueError(
                "HUBSPOT_ASSOCIATIONS is set, but HUBSPOT_DATASETS leaves out associations: add them there, or unset "
                "HUBSPOT_ASSOCIATIONS"
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
                "it: set HUBSPOT_DESTINATION=snowflake or s3"
            )
        if self.executor in ("celery", "kubernetes") and self.budget_url is None:
            # Each place would use up HubSpot's limits for itself.
            raise ValueError(
                f"HUBSPOT_EXECUTOR={self.executor} needs HUBSPOT_BUDGET_URL (redis://… or postgresql://…), by which "
                "machines share HubSpot's rate limits"
            )
        return self

    def access_token_now(self) -> SecretStr | None:
        """Look again where the access token was found, since somebody may have replaced it there.

        Returns:
            The token that stands there now; None where a program gave the one of these settings.

        Raises:
            SettingsError: The settings can no longer be read.
        """
        if self.access_token is None or self.access_token != self._found_token:
            return None
        return type(self).load().access_token

    @classmethod
    def load(cls) -> Self:
        """Read the settings from the environment, `.env` and the place that HUBSPOT_SECRETS names.

        Raises:
            SettingsError: Settings are missing or invalid; the message names each one, and shows no secret.
        """
        provide_home()
        given = given_settings()
        settings = cls.read(given)
        variables = {SECRETS, *cls.variables().values()}
        if settings.destination == "snowflake":
            settings.snowflake = SnowflakeSettings.read(given)
            variables |= {*SnowflakeSettings.variables().values()}
        if settings.destination == "s3":
            settings.lake = LakeSettings.read(given)
            variables |= {*S3Settings.variables().values()}
        settings._places = {name: each.place for name, each in given.items() if name in variables}
        settings._misspelled = tuple(misspelled(given, variables))
        settings._found_token = settings.access_token
        for sentence in settings.misspelled:
            _LOGGER.warning(sentence)
        return settings
