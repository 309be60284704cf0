"""A process that loads rows into Snowflake and is killed, by its own hand, between COPY and commit.

python -m hubspot_assets_tests.warehouse.snowflake.killed_process PORT SCHEMA
"""

import os
import signal
import sys
from dataclasses import replace
from typing import Any
from unittest import mock

from hubspot_assets.warehouse.base import Merge
from hubspot_assets.warehouse.snowflake.session import Session
from hubspot_assets_tests.snowflake_bed import Server
from hubspot_assets_tests.warehouse.snowflake_tables import CONTACTS, contacts, day


def main(port: int, schema: str) -> None:
    server = Server(port)
    place = replace(server.PLACE, schema=schema)
    warehouse = server.warehouse(place)
    counts = Session.counts

    def killed_after_merge(session: Session, statement: str, values: Any = ()) -> dict[str, int]:
        counts(session, statement, values)
        os.kill(os.getpid(), signal.SIGKILL)
        return {}

    with mock.patch.object(Session, "counts", killed_after_merge), warehouse.stage(CONTACTS) as stage:
        stage.write(contacts(*({"OBJECTID": n, "PROPERTY_NAME": "half", "UPDATEDAT": day(9)} for n in range(50))))
        warehouse.commit(Merge(CONTACTS, stage))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
