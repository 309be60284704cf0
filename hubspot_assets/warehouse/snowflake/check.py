"""Whether a sync could use a Snowflake schema: each thing it needs is tried, and taken away again."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa
from snowflake.connector import errors

from hubspot_assets.warehouse.base import Table, WarehouseError
from hubspot_assets.warehouse.parquet_stage import ParquetStage
from hubspot_assets.warehouse.snowflake.load import Load
from hubspot_assets.warehouse.snowflake.session import Session, Sessions
from hubspot_assets.warehouse.snowflake.sql import STAGE, Place, quoted

_PROBE = Table("HUBSPOT_ASSETS_CHECK", pa.schema([("ID", pa.int64())]), ("ID",))


@dataclass(frozen=True)
class Examined:
    """One thing that a sync needs of Snowflake.

    Attributes:
        subject: What was tried.
        works: Whether it works.
        detail: What was found; where it does not work, the cause and the cure.
    """

    subject: str
    works: bool
    detail: str


def examine(sessions: Sessions) -> Iterator[Examined]:
    """Try connection, database, schema, warehouse, stage and a load, in this order, up to the first that fails."""
    place = sessions.place
    for subject, attempt in (
        ("connection", _connection),
        ("database", _schema),
        ("warehouse", _warehouse),
        ("stage", _stage),
        ("load", _load),
    ):
        try:
            found = sessions.run(lambda session, attempt=attempt: attempt(session, place))
        except WarehouseError as error:
            yield Examined(f"snowflake {subject}", False, str(error))
            return
        yield Examined(f"snowflake {subject}", True, found)


def _connection(session: Session, place: Place) -> str:
    [(user, role)] = session.rows("SELECT CURRENT_USER(), CURRENT_ROLE()")
    return f"account {place.account}, as user {user} with role {role}"


def _schema(session: Session, place: Place) -> str:
    name = f"{place.database}.{place.schema}"
    visible = {str(row[1]) for row in session.rows(f"SHOW SCHEMAS IN DATABASE {quoted(place.database)}")}
    if place.schema not in visible:
        raise WarehouseError(
            f"Snowflake has no schema {name}, or role {place.role} may not use it: "
            f"GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA {name} TO ROLE {place.role}"
        )
    return f"schema {name} can be used"


def _warehouse(session: Session, place: Place) -> str:
    if place.warehouse is None:
        return "the user's default, for SNOWFLAKE_WAREHOUSE is not set"
    visible = {str(row[0]) for row in session.rows("SHOW WAREHOUSES")}
    if place.warehouse not in visible:
        raise WarehouseError(
            f"Snowflake has no warehouse {place.warehouse}, or role {place.role} may not use it: "
            f"GRANT USAGE ON WAREHOUSE {place.warehouse} TO ROLE {place.role}"
        )
    return f"warehouse {place.warehouse} can be used"


def _stage(session: Session, place: Place) -> str:
    session.rows(f"LIST {place.stage(_PROBE.name + '/')}")
    return f"stage {place.database}.{place.schema}.{STAGE} can be read"


def _load(session: Session, place: Place) -> str:
    load = Load(place, _PROBE)
    with ParquetStage(_PROBE, full_rows=1, full_bytes=1) as stage:
        stage.write(pa.table({"ID": [1]}))
        try:
            load.run(session, stage)
        except errors.Error:
            with suppress(errors.Error):
                load.clean_up(session)
            raise
        load.clean_up(session)
    return "a file was uploaded, loaded into a table, and both were removed"
