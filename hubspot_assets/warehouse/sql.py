"""The SQL that all destinations share, spelled in the dialect of each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from hubspot_assets.warehouse.errors import WarehouseError
from hubspot_assets.warehouse.filters import Aggregate, Filters, naive_utc

Membership = Callable[[str, Sequence[object]], tuple[str, list[object]]]
"""Says of a quoted column that it is one of some values: the text, and the values it binds."""


Spelling = Callable[[str, str], str]
"""Of an expression and the database's name of its type: the value as text, as HubSpot spells it."""


@dataclass(frozen=True)
class Dialect:
    """How one database spells what others spell otherwise.

    Attributes:
        database: Its name, for errors.
        parameter: What stands for a bound value. Where it is `%s`, a percent sign in a statement is doubled, and a
            backslash escapes what follows it.
        types: Its names of Arrow types, as its catalog has them.
        decimal: Its name of decimal numbers, without precision and scale.
        json: Its type of JSON.
        membership: How it looks for many values.
        spelled: How it turns a value into text.
        json_object: Makes a JSON object of expressions of text, by literal key; without those that are NULL.
        json_key: The text that a JSON column has under a literal key; NULL where it has none.
        unpivoted: A query that makes a row of each expression of text that is not NULL, given a source, its
            quoted columns to repeat, and the expressions by literal name; it adds the columns NAME and VALUE.
    """

    database: str
    parameter: str
    types: Mapping[pa.DataType, str]
    decimal: str
    json: str
    membership: Membership
    spelled: Spelling
    json_object: Callable[[Mapping[str, str]], str]
    json_key: Callable[[str, str], str]
    unpivoted: Callable[[str, Sequence[str], Mapping[str, str]], str]

    def quoted(self, name: str) -> str:
        """An identifier that means itself, whatever it is called."""
        # A driver that takes `%s` for a value takes `%%` for a percent sign.
        return '"' + name.replace('"', '""').replace("%", "%%" if self.parameter == "%s" else "%") + '"'

    def literal(self, text: str) -> str:
        """A text literal, for statements that take no parameters."""
        escaped = text.replace("\0", "").replace("'", "''")
        if self.parameter == "%s":
            escaped = escaped.replace("\\", "\\\\").replace("%", "%%")
        return f"'{escaped}'"

    def column_type(self, type_: pa.DataType, *, json: bool = False) -> str:
        """The database's name of an Arrow type.

        Raises:
            WarehouseError: For a type that no table of ours uses.
        """
        if json:
            return self.json
        if pa.types.is_decimal(type_):
            return f"{self.decimal}({type_.precision},{type_.scale})"
        if type_ not in self.types:
            raise WarehouseError(f"a column of Arrow type {type_} has no type in {self.database} here; cast it first")
        return self.types[type_]

    def equal(self, left: str, right: str, columns: Iterable[str]) -> str:
        """True where two rows have equal columns, a NULL being equal to a NULL."""
        pairs = [f"{left}.{self.quoted(c)} IS NOT DISTINCT FROM {right}.{self.quoted(c)}" for c in columns]
        return " AND ".join(pairs) or "TRUE"

    def newer(self, left: str, right: str, version: Sequence[str]) -> str:
        """True where the left row's version is greater, a NULL being the least; never NULL. To be put in brackets."""
        cases = []
        for rank, column in enumerate(version):
            a, b = f"{left}.{self.quoted(column)}", f"{right}.{self.quoted(column)}"
            greater = f"COALESCE({a} > {b}, {a} IS NOT NULL AND {b} IS NULL)"
            cases.append(f"{self.equal(left, right, version[:rank])} AND {greater}" if rank else greater)
        return " OR ".join(f"({case})" for case in cases) or "FALSE"

    def aggregation(self, by: Sequence[str], values: Mapping[str, Aggregate]) -> tuple[str, str]:
        """What follows SELECT, and what follows the WHERE clause."""
        keys = [self.quoted(column) for column in by]
        computed = [f"{function.upper()}({self.quoted(c)}) AS {self.quoted(c)}" for c, function in values.items()]
        # Without a group there would be a row even where there are none.
        return ", ".join([*keys, *computed]), f" GROUP BY {', '.join(keys)}" if keys else " HAVING COUNT(*) > 0"

    def by_day(self, column: str) -> tuple[str, str]:
        """What follows SELECT, and what follows the WHERE clause, to count the rows of each day."""
        day = f"CAST({self.quoted(column)} AS DATE)"
        return f"{day} AS {self.quoted('DAY')}, COUNT(*) AS {self.quoted('COUNTED')}", f" GROUP BY {day}"

    def condition(self, where: Filters) -> tuple[str, list[object]]:
        """The text of a WHERE clause, and the values it binds."""
        terms: list[str] = []
        values: list[object] = []
        for column, comparison, value in where:
            name = self.quoted(column)
            match comparison:
                case "is null" | "is not null":
                    terms.append(f"{name} {comparison.upper()}")
                case "in":
                    members = [naive_utc(v) for v in value]  # pyright: ignore[reportGeneralTypeIssues]
                    text, bound = self.membership(name, members) if members else ("FALSE", [])
                    terms.append(text)
                    values.extend(bound)
                case "=" | "!=" | "<" | "<=" | ">" | ">=":
                    if value is None:
                        raise ValueError(f'{column} {comparison} None: say "is null" or "is not null"')
                    sign = "IS DISTINCT FROM" if comparison == "!=" else comparison
                    terms.append(f"{name} {sign} {self.parameter}")
                    values.append(naive_utc(value))
                case _:
                    raise ValueError(f"{comparison!r} is no comparison")
        return " AND ".join(terms) or "TRUE", values
