"""Kinds of settings that are not names: schedules, time zones, patterns, addresses, files."""

import difflib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo

from hubspot_assets.settings.as_meant import as_meant, bare
from hubspot_assets.settings.names import object_name
from hubspot_assets.settings.schedule_expressions import ScheduleExpression, schedule_expression

_BROKERS = ("redis://", "rediss://", "amqp://", "amqps://")
# Two letters at least: `C:` is a drive.
_PROTOCOL = re.compile(r"(\w{2,}):")


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        [near] = difflib.get_close_matches(name, available_timezones(), n=1) or ["Europe/Berlin"]
        raise ValueError(f"{name!r} is not a time zone; give a name of the IANA database such as {near}") from None
    return name


def _schedule(value: object, info: ValidationInfo) -> object:
    # Where the time zone is invalid itself, that is said instead.
    time_zone = info.data.get("time_zone", "UTC")
    if isinstance(value, ScheduleExpression):
        return replace(value, time_zone=time_zone)
    return schedule_expression(value, time_zone) if isinstance(value, str) else value


def _json(value: object) -> object:
    """Read JSON, also where quotation marks were left around it, or where it was written as a JSON text."""
    if not isinstance(value, str):
        return value
    text = as_meant(value)
    for written in (text, bare(text[1:-1])):
        try:
            read = json.loads(written)
            return json.loads(read) if isinstance(read, str) else read
        except ValueError:
            continue
    raise ValueError("it is not JSON")


def _by_object_name(patterns: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {object_name(name): each for name, each in patterns.items()}


def _broker(url: SecretStr | None) -> SecretStr | None:
    if url is not None and not url.get_secret_value().startswith(_BROKERS):
        raise ValueError(f"give an address that begins with {', '.join(_BROKERS[:-1])} or {_BROKERS[-1]}")
    return url


def _webhook(url: SecretStr | None) -> SecretStr | None:
    if url is not None:
        try:
            parts = urlsplit(url.get_secret_value())
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(
                "give the address that Slack or Teams shows for the webhook, such as https://hooks.slack.com/…"
            )
    return url


def home_expanded(file: Path) -> Path:
    """Return the path with the home folder in place of `~`.

    Raises:
        ValueError: The home folder is not known, as in containers whose user id has no entry.
    """
    try:
        return file.expanduser()
    except RuntimeError:
        raise ValueError(f"the home folder in {file} is not known here; set HOME, or give the whole path") from None


def _duckdb_file(value: object) -> object:
    text = str(value)
    if protocol := _PROTOCOL.match(text):
        name = protocol[1].lower()
        elsewhere = "MotherDuck's databases are" if name in ("md", "motherduck") else f"what {name}: names is"
        raise ValueError(f"{elsewhere} not a file on this machine; give a path such as .data/hubspot.duckdb")
    if text.startswith(":"):
        raise ValueError(
            f"tables in {text} would be gone when the step ends; give the path of a file such as .data/hubspot.duckdb"
        )
    return value


TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""A time zone by its name in the IANA database."""

Schedule = Annotated[ScheduleExpression, BeforeValidator(_schedule)]
"""How often: a duration (`30 minutes`), or a cron expression. The field `time_zone` must stand before."""

PropertyPatterns = Annotated[dict[str, tuple[str, ...]], BeforeValidator(_json), AfterValidator(_by_object_name)]
"""Shell-style patterns of property names, by object type."""

Broker = Annotated[SecretStr | None, AfterValidator(_broker)]
"""The address of Celery's broker."""

Webhook = Annotated[SecretStr | None, AfterValidator(_webhook)]
"""An address that takes messages; whoever knows it may post there, so it is a secret."""

File = Annotated[Path, AfterValidator(home_expanded)]
"""The path of a file."""

DuckDBFile = Annotated[Path, BeforeValidator(_duckdb_file), AfterValidator(home_expanded)]
"""The path of a DuckDB file."""
