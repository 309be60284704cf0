"""Whether rows are right: compared with the portal's truth, record by record and value by value."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Row = tuple[int, Mapping[str, object]]
"""The id of a record, and the values of its properties by their HubSpot names; those without one may be left out."""


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a table.

    Attributes:
        records: How many there should be.
        missing: Ids of records that are not there.
        duplicated: Rows beyond the first of their record.
        wrong: Ids of rows that have a wrong value, or are no record.
        example: The first wrong value, in words.
    """

    records: int
    missing: Collection[int] = ()
    duplicated: int = 0
    wrong: Collection[int] = ()
    example: str = ""

    @property
    def right(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.missing or self.duplicated or self.wrong)


@dataclass
class _Count:
    records: int = 0
    missing: set[int] = field(default_factory=set)
    wrong: set[int] = field(default_factory=set)
    example: str = ""


def judge(
    rows: Iterable[Row], truth: Iterable[Mapping[str, Any]], names: Collection[str], excused: Collection[int] = ()
) -> Verdict:
    """Compare rows with the live records of the truth.

    Args:
        rows: What a tool has made.
        truth: The portal's records (`Portal.records`).
        names: The properties that count.
        excused: Ids that are not looked at, because they were wrong before.
    """
    found: dict[int, Mapping[str, object]] = {}
    duplicated = 0
    for id_, values in rows:
        duplicated += id_ in found and id_ not in excused
        found[id_] = values
    count = _Count()
    for record in truth:
        if record["state"] != "live" or record["id"] in excused:
            continue
        count.records += 1
        values = found.pop(record["id"], None)
        if values is None:
            count.missing.add(record["id"])
        elif difference := _difference(values, record["properties"], names):
            count.wrong.add(record["id"])
            count.example = count.example or f"record {record['id']}: {difference}"
    surplus = found.keys() - set(excused)
    return Verdict(count.records, count.missing, duplicated, count.wrong | surplus, count.example)


def _difference(values: Mapping[str, object], truth: Mapping[str, str], names: Collection[str]) -> str:
    for name in names:
        if not same(values.get(name), truth.get(name)):
            return f"{name} is {values.get(name)!r}, not {truth.get(name)!r}"
    return ""


def same(value: object, text: str | None) -> bool:
    """Whether a value, as whatever type a tool has given it, is what HubSpot's text says; none and empty are one."""
    if value is None or value == "":
        return not text
    if text is None or isinstance(value, str):
        return value == text
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    if isinstance(value, (int, float, Decimal)):
        try:
            return Decimal(text) == Decimal(str(value))
        except InvalidOperation:
            return False
    if isinstance(value, date):
        return _utc(value) == _instant(text)
    return False


def _utc(value: date) -> datetime:
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _instant(text: str) -> datetime | None:
    try:
        if text.lstrip("-").isdecimal():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        return _utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError, OSError):
        return None
