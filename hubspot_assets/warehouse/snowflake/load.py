"""From files on this machine to a staging table: PUT, COPY, and nothing left behind.

The name of a load says when it began. A process that was killed leaves its files in the stage and perhaps its staging
table; whoever loads the same table later finds them there, and takes away what is too old to be in use.
"""

import glob
import logging
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hubspot_assets.warehouse.base import Table, WarehouseBusy
from hubspot_assets.warehouse.parquet_stage import POSITION, ParquetStage
from hubspot_assets.warehouse.snowflake.merge import Source
from hubspot_assets.warehouse.snowflake.session import Session
from hubspot_assets.warehouse.snowflake.sql import Place, column_type, quoted

_NAME_TIME = "%Y%m%dT%H%M%SZ"

_log = logging.getLogger(__name__)


class Load:
    """One load on its way into one table.

    Args:
        place: The schema with the table and the stage.
        table: What the rows are for.
        name: Of a load that another process began; this one begins its own without.
    """

    def __init__(self, place: Place, table: Table, name: str | None = None) -> None:
        name = name or f"{datetime.now(UTC):{_NAME_TIME}}_{uuid.uuid4().hex[:12].upper()}"
        self._table = table
        self._path = place.stage(f"{table.name}/{name}/")
        self._staging = place.table(f"{table.name}${name}")

    def run(self, session: Session, stage: ParquetStage) -> Source:
        """Bring the rows of a stage into a staging table.

        Raises:
            WarehouseBusy: If not every row arrived.
        """
        file, columns = stage.file(), stage.columns
        started = time.monotonic()
        # Uploaded before the table is made: so where there is a table there are files, by which leftovers are found.
        session.execute(
            f"PUT {_file_url(file)} {self._path} AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=NONE OVERWRITE=TRUE PARALLEL=8"
        )
        uploaded = time.monotonic()
        definitions = ", ".join(f"{quoted(c)} {column_type(self._table.schema.field(c).type)}" for c in columns)
        session.execute(
            f"CREATE TRANSIENT TABLE {self._staging} ({definitions}, {quoted(POSITION)} NUMBER(38,0)) "
            "DATA_RETENTION_TIME_IN_DAYS=0"
        )
        cursor = session.execute(
            f"COPY INTO {self._staging} FROM {self._path} "
            "FILE_FORMAT=(TYPE=PARQUET USE_LOGICAL_TYPE=TRUE BINARY_AS_TEXT=FALSE USE_VECTORIZED_SCANNER=TRUE) "
            "MATCH_BY_COLUMN_NAME=CASE_SENSITIVE ON_ERROR=ABORT_STATEMENT"
        )
        place = [column.name.lower() for column in cursor.description or ()].index("rows_loaded")
        loaded = sum(int(row[place]) for row in cursor.fetchall())  # pyright: ignore[reportArgumentType]
        if loaded != stage.rows:
            raise WarehouseBusy(
                f"Snowflake loaded {loaded:,} of {stage.rows:,} rows for table {self._table.name}; nothing was merged: "
                "run it again."
            )
        _log.debug(
            "Snowflake %s: %d rows, PUT %.2f s, COPY %.2f s",
            self._table.name,
            loaded,
            uploaded - started,
            time.monotonic() - uploaded,
        )
        return Source(self._staging, (), columns, stage.keys(), loaded)

    def clean_up(self, session: Session) -> None:
        """Take away the staging table and the files."""
        session.execute(f"DROP TABLE IF EXISTS {self._staging}")
        session.execute(f"REMOVE {self._path}")


def clear_leftovers(session: Session, place: Place, table: Table, older_than: timedelta) -> None:
    """Take away what loads of a table have left in Snowflake that can no longer be running."""
    # A file's name is its path behind that of the stage: `hubspot_load/SYNCS/20261122T..._.../part-0.parquet`.
    files = [str(file).split("/") for file, *_ in session.rows(f"LIST {place.stage(table.name + '/')}")]
    for name in sorted({parts[-2] for parts in files if len(parts) > 2}):
        began = _began(name)
        if began is not None and datetime.now(UTC) - began > older_than:
            _log.info("Removes what load %s of table %s has left in Snowflake", name, table.name)
            Load(place, table, name).clean_up(session)


def _began(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.partition("_")[0], _NAME_TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _file_url(file: Path) -> str:
    # The driver takes brackets, stars and question marks for a pattern.
    path = glob.escape(str(file)).replace("\\", "\\\\").replace("'", "\\'").replace("%", "%%")
    return f"'file://{path}'"
