"""Rows on their way into a table."""

from abc import ABC, abstractmethod
from typing import Self

import pyarrow as pa

from hubspot_assets.warehouse.errors import WarehouseError
from hubspot_assets.warehouse.table import Table


class Stage(ABC):
    """Rows on their way into one table. Holds no lock, keeps memory bounded, is committed once and then closed.

    Not thread-safe: one thread writes.
    """

    @property
    @abstractmethod
    def rows(self) -> int:
        """Rows written so far, those with one key counted each time."""

    @property
    @abstractmethod
    def full(self) -> bool:
        """Whether it is time to commit this stage and begin another."""

    @abstractmethod
    def write(self, rows: pa.Table) -> None:
        """Add rows, which may lack columns of the table but no key column.

        Raises:
            WarehouseError: If a key is NULL, or a column is unknown to the table.
        """

    @abstractmethod
    def close(self) -> None:
        """Give back what the stage holds (memory, files), committed or not; may be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def conformed(table: Table, rows: pa.Table) -> pa.Table:
    """Rows in the types of the table, as every stage takes them.

    Raises:
        WarehouseError: If a key is missing or NULL, a column unknown to the table, or a value does not fit its type.
    """
    unknown = [column for column in rows.column_names if column not in table.schema.names]
    absent = [column for column in table.key if column not in rows.column_names]
    if unknown or absent:
        raise WarehouseError(
            f"rows for table {table.name} have columns it does not know ({', '.join(unknown) or 'none'}) "
            f"or lack key columns ({', '.join(absent) or 'none'})"
        )
    for column in table.key:
        if rows[column].null_count:
            raise WarehouseError(f"{rows[column].null_count} rows for table {table.name} have no {column}, its key")
    try:
        return rows.cast(pa.schema([table.schema.field(column) for column in rows.column_names]))
    except pa.ArrowException as error:
        raise WarehouseError(f"rows for table {table.name} do not fit its columns: {error}") from error
