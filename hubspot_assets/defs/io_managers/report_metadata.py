"""What a sync did, as the metadata that the Dagster UI shows and plots."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg
import pyarrow as pa

from hubspot_assets.defs.plain import plain
from hubspot_assets.sync.report import Report
from hubspot_assets.warehouse.base import COMMENT, PROPERTY, SchemaChange, Table

_MOST_NAMED = 50
"""Changes of columns that are named; that there are more is said."""
_TYPES: Mapping[pa.DataType, str] = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
    pa.decimal128(38, 10): "decimal(38,10)",
}
"""The columns' types as README and people call them; destinations spell them each in its own way."""

_OF_EACH_DAY = ("dagster/table_name", "dagster/row_count", "covered_until", "destination")
"""What each partition of a launch of several days tells."""


def report_metadata(report: Report, *, rows_in_table: int, destination: str) -> Mapping[str, dg.MetadataValue]:
    """Metadata of one materialized partition; numbers stay numbers, so that the UI can plot them.

    The order is that of the UI: whether anything was written, how many rows, what the table has, how late it is, what
    it cost, how it was done.

    Args:
        report: What was done.
        rows_in_table: Of all partitions; the UI shows it as the asset's, whichever partition was materialized last.
        destination: Where the table is, in words.
    """
    if report.views:
        return {
            "views": dg.MetadataValue.text(", ".join(report.views)),
            "views_changed": dg.MetadataValue.int(len(report.schema_changes)),
            "covered_until": dg.MetadataValue.timestamp(report.covered_until or datetime.now(UTC)),
            "destination": dg.MetadataValue.text(destination),
        }
    metadata: dict[str, dg.MetadataValue] = {
        "result": dg.MetadataValue.text(plain(report.result())),
        "rows_read": dg.MetadataValue.int(report.rows_read),
        "rows_inserted": dg.MetadataValue.int(report.counts.inserted),
        "rows_updated": dg.MetadataValue.int(report.counts.updated),
        "rows_unchanged": dg.MetadataValue.int(report.counts.unchanged),
        "rows_unparsed": dg.MetadataValue.int(report.rows_unparsed),
        **{name: dg.MetadataValue.int(count) for name, count in report.facts.items()},
    }
    if report.table is not None and report.table.removal is not None:
        metadata["rows_removed"] = dg.MetadataValue.int(report.counts.removed)
    metadata |= {
        "dagster/row_count": dg.MetadataValue.int(rows_in_table),
        "dagster/table_name": dg.MetadataValue.text(report.target.table),
    }
    if report.target.slice is not None:
        metadata["dagster/partition_row_count"] = dg.MetadataValue.int(report.rows_in_slice)
    if report.schema_changes:
        metadata["schema_changes"] = dg.MetadataValue.md(_changes(report.schema_changes))
    if report.unavailable is not None:
        metadata["not_available"] = dg.MetadataValue.text(plain(report.unavailable))
    if report.remarks:
        metadata["remarks"] = dg.MetadataValue.text(plain(" ".join(report.remarks)))
    if report.covered_until is not None:
        metadata["covered_until"] = dg.MetadataValue.timestamp(report.covered_until)
        metadata["lag_seconds"] = dg.MetadataValue.float(round(report.lag_seconds or 0.0, 1))
    metadata |= {
        "api_calls": dg.MetadataValue.int(report.api_calls),
        "api_calls_answered_429": dg.MetadataValue.int(report.rate_limited),
        "duration_seconds": dg.MetadataValue.float(round(report.seconds, 3)),
        "seconds_waiting_for_limits": dg.MetadataValue.float(round(report.seconds_waiting, 3)),
        "records_per_second": dg.MetadataValue.float(round(report.records_per_second, 1)),
        "mode": dg.MetadataValue.text(report.mode.value),
        "strategy": dg.MetadataValue.text(report.strategy),
        "window": dg.MetadataValue.text(f"{_instant(report.window.after)} to {_instant(report.window.before)}"),
        "destination": dg.MetadataValue.text(destination),
    }
    if report.table is not None:
        metadata["dagster/column_schema"] = dg.MetadataValue.table_schema(_column_schema(report.table))
    return metadata


def by_partition(
    report: Report, metadata: Mapping[str, dg.MetadataValue]
) -> Mapping[str | None, Mapping[str, dg.MetadataValue]]:
    """Return the metadata of each partition that a report is about.

    Of a launch of days, each day tells its rows, and the last one what the launch did: told by each of them, plots
    would count it many times over.
    """
    if not report.rows_by_day:
        return {report.target.slice: metadata}
    last, told = max(report.rows_by_day), {name: metadata[name] for name in _OF_EACH_DAY if name in metadata}
    return {
        f"{day}": {
            **(metadata if day == last else {**told, "told_with": dg.MetadataValue.text(f"{last}")}),
            "dagster/partition_row_count": dg.MetadataValue.int(rows),
        }
        for day, rows in report.rows_by_day.items()
    }


def _changes(changes: Sequence[SchemaChange]) -> str:
    """What became different in the tables: which were made, which columns are new, which have become text."""
    named = [f"- {change.kind} {change.column or 'table ' + change.table}" for change in changes[:_MOST_NAMED]]
    more = len(changes) - len(named)
    return "\n".join([*named, *([f"- and {more:,} more"] if more else [])])


def _column_schema(table: Table) -> dg.TableSchema:
    """The columns, with what HubSpot's users call them and what HubSpot says about them."""
    return dg.TableSchema([_column(field, table) for field in table.schema])


def _column(field: pa.Field, table: Table) -> dg.TableColumn:
    facts = field.metadata or {}
    description = facts.get(COMMENT, b"").decode()
    property_ = facts.get(PROPERTY, b"").decode()
    # Nearly all columns are called as their property, and the schema is part of every event: only the others say it.
    if property_ and field.name.removeprefix("PROPERTY_").lower() != property_:
        description = f"{description} (property `{property_}`)".lstrip()
    constraints = None
    if field.name in table.key:
        constraints = dg.TableColumnConstraints(nullable=False, unique=len(table.key) == 1)
    return dg.TableColumn(field.name, _TYPES.get(field.type, str(field.type)), description or None, constraints)


def _instant(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC" if instant is not None else "the beginning"
