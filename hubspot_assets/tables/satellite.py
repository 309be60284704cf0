"""What the tables around the records have in common: their columns at the end, instants, JSON."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from json import dumps

import msgspec
import pyarrow as pa

from hubspot_assets.hubspot import lenient
from hubspot_assets.tables import values
from hubspot_assets.warehouse.base import COMMENT, Table

PROVENANCE = ("INGESTEDAT", "SYNCID")

_encoder = msgspec.json.Encoder(order="sorted")


def column(name: str, type_: pa.DataType, comment: str) -> pa.Field:
    """A column and what a reader of the table should know about it."""
    return pa.field(name, type_, metadata={COMMENT: comment.encode()})


def text(name: str, comment: str) -> pa.Field:
    """A column of text."""
    return column(name, pa.string(), comment)


def whole(name: str, comment: str) -> pa.Field:
    """A column of whole numbers."""
    return column(name, pa.int64(), comment)


def instant(name: str, comment: str) -> pa.Field:
    """A column of instants (UTC)."""
    return column(name, pa.timestamp("us"), f"{comment} (UTC).")


def satellite(
    name: str,
    comment: str,
    columns: Iterable[pa.Field],
    *,
    key: tuple[str, ...],
    json: tuple[str, ...] = (),
    immutable: bool = False,
) -> Table:
    """A table whose rows come from HubSpot as a whole and are marked once it no longer has them; or stay for ever.

    Args:
        name: Upper-case name.
        comment: What a row is.
        columns: All but INGESTEDAT and SYNCID; the last is that of the mark, DELETEDAT or REMOVEDAT, unless immutable.
        key: Columns that tell rows apart.
        json: Text columns that hold JSON.
        immutable: Whether rows never change, nor go.
    """
    columns = list(columns)
    ends = [
        instant("INGESTEDAT", "When HubSpot's answer was read"),
        text("SYNCID", "The row of SYNCS that wrote this one."),
    ]
    return Table(
        name=name,
        schema=pa.schema([*columns, *ends]),
        key=key,
        provenance=PROVENANCE,
        json=json,
        removal=None if immutable else columns[-1].name,
        immutable=immutable,
        comment=comment,
    )


def rows_of(table: Table, rows: Iterable[Mapping[str, object]], read_at: datetime, sync_id: str) -> pa.Table:
    """Rows of a satellite, nothing marked as gone.

    Args:
        table: Which.
        rows: Values by column; what is left out is NULL.
        read_at: When HubSpot's answer was read (aware).
        sync_id: The sync that writes them.
    """
    common = {"INGESTEDAT": read_at.astimezone(UTC).replace(tzinfo=None), "SYNCID": sync_id}
    return pa.Table.from_pylist([{**row, **common} for row in rows], table.schema)


def moment(spelt: str | None) -> datetime | None:
    """An instant as HubSpot spells it, as naive UTC; finer fractions than milliseconds are kept.

    Raises:
        ValueError: It is none. These tables have no place for raw text, and nothing is dropped silently.
    """
    if not spelt:
        return None
    known = values.timestamp(spelt)
    if known is not None:
        return known
    read = datetime.fromisoformat(spelt)
    if read.tzinfo is None:
        raise ValueError(f"HubSpot's instant {spelt!r} has no time zone.")
    return read.astimezone(UTC).replace(tzinfo=None)


def json_text(value: object) -> str | None:
    """A value as JSON, the same text for equal values; None for None."""
    if value is None:
        return None
    try:
        return _encoder.encode(value).decode()
    except UnicodeEncodeError:
        # Half of a surrogate pair, which no destination's JSON can hold.
        return lenient.clean(dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True))
