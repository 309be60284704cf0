"""The SQL that all destinations share, spelled in the dialect of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from hubspot_assets.warehouse.base import Filters, WarehouseError, naive_utc

Membership = Callable[[str, Sequence[object]], tuple[str, list[object]]]
"""Says of a quoted column that it is one of some values: the text, and the values it binds."""


@dataclass(frozen=True)
class Dialect:
    """How one database spells what others spell otherwise.

    Attributes:
        database: Its name, for errors.
        parameter: What stands for a bound value.
        types: Its names of Arrow types, as its catalog has them.
        decimal: Its name of decimal numbers, without precision and scale.
        json: Its type of JSON.
        membership: How it looks for many values.
    """

    database: str
    parameter: str
    types: Mapping[pa.DataType, str]
    decimal: str
    json: str
    membership: Membership

    def quoted(self, name: str) -> str:
        """An identifier that means itself, whatever it is called."""
        # A driver that takes `%s` for a value takes `%%` for a percent sign.
        return '"' + name.replace('"', '""').replace("%", "%%" if self.parameter == "%s" else "%") + '"'

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
