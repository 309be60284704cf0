"""The SQL that Snowflake tables need, as text; `%s` stands for a value that the driver binds, `%%` for a percent sign.

Identifiers are always quoted, so that each means itself. Text is the same for the same question, byte by byte:
Snowflake then answers a question about unchanged tables from its result cache, and no warehouse wakes up.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from hubspot_assets.warehouse.errors import WarehouseError
from hubspot_assets.warehouse.filters import Filters
from hubspot_assets.warehouse.parquet_stage import POSITION
from hubspot_assets.warehouse.sql import Dialect

MOST_LISTED = 50_000
"""Values that one statement may look for; Snowflake takes statements of up to 1 MB."""
_MOST_SPELLED = 50
"""Values that are looked for one by one; more go as one JSON text, which is compiled faster."""

_TEXT = re.compile(r"VARCHAR(\(\d+\))?")
_NUMBER = re.compile(r"NUMBER\((?P<precision>\d+),(?P<scale>\d+)\)")


def _membership(name: str, members: Sequence[object]) -> tuple[str, list[object]]:
    kinds = {type(member) for member in members}
    if len(members) <= _MOST_SPELLED or kinds not in ({int}, {str}):
        return f"{name} IN (%s)", [list(members)]
    type_ = "NUMBER(38,0)" if kinds == {int} else "VARCHAR"
    values = f"SELECT CAST(f.VALUE AS {type_}) FROM TABLE(FLATTEN(INPUT => PARSE_JSON(%s))) f"
    return f"{name} IN ({values})", [json.dumps(members, separators=(",", ":"))]


def spelled(expression: str, type_: str) -> str:
    """Text of a value of a Snowflake type, as HubSpot spells it."""
    text = f"CAST({expression} AS VARCHAR)"
    if type_.startswith("NUMBER") and not type_.endswith(",0)"):
        return f"REGEXP_REPLACE({text}, '[.]?0+$', '')"
    if type_.startswith("TIMESTAMP_NTZ"):
        day_and_time = f"TO_VARCHAR({expression}, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF6')"
        # Milliseconds are what HubSpot has; finer parts, should there be any, are kept.
        return f"REGEXP_REPLACE({day_and_time}, '000$', '') || 'Z'"
    if type_ == "DATE":
        return f"TO_VARCHAR({expression}, 'YYYY-MM-DD')"
    if type_ == "VARIANT":
        return f"TO_JSON({expression})"
    return text


def _json_object(values: Mapping[str, str]) -> str:
    # It leaves out what is NULL by itself.
    return f"OBJECT_CONSTRUCT({_pairs(values)})"


def _json_key(column: str, key: str) -> str:
    return f"CAST({column}[{key}] AS VARCHAR)"


def _unpivoted(source: str, columns: Sequence[str], values: Mapping[str, str]) -> str:
    pairs = f"(SELECT {', '.join([*columns, ''])}OBJECT_CONSTRUCT({_pairs(values)}) AS PAIRS FROM {source}) t"
    kept = "".join(f"t.{column}, " for column in columns)
    names = "p.KEY AS NAME, CAST(p.VALUE AS VARCHAR) AS VALUE"
    return f"SELECT {kept}{names} FROM {pairs}, LATERAL FLATTEN(INPUT => t.PAIRS) p"


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{key}, {value}" for key, value in values.items())


DIALECT = Dialect(
    database="Snowflake",
    parameter="%s",
    types={
        pa.string(): "VARCHAR",
        pa.large_string(): "VARCHAR",
        pa.bool_(): "BOOLEAN",
        pa.int32(): "NUMBER(38,0)",
        pa.int64(): "NUMBER(38,0)",
        pa.float64(): "FLOAT",
        pa.date32(): "DATE",
        pa.timestamp("us"): "TIMESTAMP_NTZ",
    },
    decimal="NUMBER",
    json="VARIANT",
    membership=_membership,
    spelled=spelled,
    json_object=_json_object,
    json_key=_json_key,
    unpivoted=_unpivoted,
)
quoted, column_type = DIALECT.quoted, DIALECT.column_type
newer, condition = DIALECT.newer, DIALECT.condition
aggregation, by_day = DIALECT.aggregation, DIALECT.by_day


@dataclass(frozen=True)
class Place:
    """Where in Snowflake the tables are, and as whom we come; nothing here is secret.

    Attributes:
        account: Account identifier (`myorg-account1`).
        database: Name as Snowflake stores it, as are the next four.
        schema: Schema of every table of ours.
        warehouse: What computes; None for the user's default.
        role: None for the user's default.
        user: None where a session token says who it is.
    """

    account: str
    database: str
    schema: str
    warehouse: str | None = None
    role: str | None = None
    user: str | None = None

    def __str__(self) -> str:
        return f"Snowflake schema {self.database}.{self.schema} of account {self.account}"

    @property
    def schema_name(self) -> str:
        """The full, quoted name of the schema."""
        return f"{quoted(self.database)}.{quoted(self.schema)}"

    def table(self, name: str) -> str:
        """The full, quoted name of a table."""
        return f"{self.schema_name}.{quoted(name)}"

    def stage(self, path: str = "") -> str:
        """A path in the stage that files go through; its parts need no quotes."""
        return f"@{self.table(STAGE)}/{path}"


STAGE = "HUBSPOT_LOAD"
"""The named internal stage, made at set-up."""


def listed(names: Iterable[str], prefix: str = "") -> str:
    """Quoted identifiers, comma-separated."""
    return ", ".join(prefix + quoted(name) for name in names)


def arrow_type(stored: str) -> pa.DataType:
    """The Arrow type of a column, by the type that DESCRIBE names.

    Raises:
        WarehouseError: For a type whose values `read` does not return.
    """
    if is_text(stored) or stored in ("VARIANT", "OBJECT", "ARRAY"):
        return pa.string()
    if number := _NUMBER.fullmatch(stored):
        precision, scale = int(number["precision"]), int(number["scale"])
        return pa.decimal128(precision, scale) if scale else pa.int64()
    name = stored.partition("(")[0]
    if name in _ARROW_TYPES:
        return _ARROW_TYPES[name]
    raise WarehouseError(f"a column of Snowflake type {stored} cannot be read here; leave it out")


_ARROW_TYPES: Mapping[str, pa.DataType] = {
    "BOOLEAN": pa.bool_(),
    "FLOAT": pa.float64(),
    "DATE": pa.date32(),
    "TIMESTAMP_NTZ": pa.timestamp("us"),
    "TIMESTAMP_LTZ": pa.timestamp("us", "UTC"),
    "TIMESTAMP_TZ": pa.timestamp("us", "UTC"),
}


def is_text(stored: str) -> bool:
    """Whether a stored type is text."""
    return _TEXT.fullmatch(stored) is not None


def holds(stored: str, wanted: str) -> bool:
    """Whether a column of the stored type keeps every value of the wanted type as it is."""
    if is_text(stored) or stored == wanted:
        return True
    # DESCRIBE names the precision of times and of text, which ours leave to Snowflake.
    return not wanted.startswith("NUMBER") and stored.partition("(")[0] == wanted


def as_stored(expression: str, wanted: str, stored: str) -> str:
    """A staged value (JSON is staged as text) as a column of the stored type keeps it."""
    if stored == "VARIANT":
        return f"PARSE_JSON({expression})"
    if is_text(stored) and wanted not in ("VARCHAR", "VARIANT"):
        return spelled(expression, wanted)
    return expression


def as_read(column: str, stored: str) -> str:
    """A stored column as `read` returns it: JSON as text."""
    name = quoted(column)
    return f"TO_JSON({name}) AS {name}" if stored in ("VARIANT", "OBJECT", "ARRAY") else name


def differs(left: str, right: str, columns: Mapping[str, str]) -> str:
    """True where two rows differ in some of these columns (name: stored type), a NULL being equal to a NULL."""
    return " OR ".join(
        # The text of a JSON object has its keys in order, so equal objects have equal texts.
        f"TO_JSON({left}.{quoted(c)}) IS DISTINCT FROM TO_JSON({right}.{quoted(c)})"
        if type_ == "VARIANT"
        else f"{left}.{quoted(c)} IS DISTINCT FROM {right}.{quoted(c)}"
        for c, type_ in columns.items()
    )


def newest(source: str, key: Sequence[str], version: Sequence[str]) -> str:
    """One row per key of a source: the newest by version, and the last to come among equals.

    Snowflake's MERGE refuses a source with two rows for one target.
    """
    order = ", ".join([f"{quoted(c)} DESC NULLS LAST" for c in version] + [f"{quoted(POSITION)} DESC"])
    return f"SELECT * FROM {source} QUALIFY ROW_NUMBER() OVER (PARTITION BY {listed(key)} ORDER BY {order}) = 1"


def portions(where: Filters) -> Iterator[Filters]:
    """The conditions, or several that together are true of the same rows where a list is too long for Snowflake.

    Each row meets one of them only.
    """
    for place, (column, comparison, value) in enumerate(where):
        members = list(dict.fromkeys(value)) if comparison == "in" else []  # pyright: ignore[reportArgumentType,reportCallIssue]
        if len(members) > MOST_LISTED:
            for start in range(0, len(members), MOST_LISTED):
                portion = (column, comparison, members[start : start + MOST_LISTED])
                yield from portions([*where[:place], portion, *where[place + 1 :]])
            return
    yield where
