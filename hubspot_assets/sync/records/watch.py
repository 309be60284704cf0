"""Telling from one look at an object type to the next whether something changed, and whether something went.

A look is one search: the records modified last, and how many there are in all. Both come from the search index,
which learns of writes late and out of order; so what tells a change is not the newest instant but whether one of the
newest records was not among them before, and a change that is learned of late still counts, once.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from hubspot_assets.hubspot.records.newest import Modified, Newest

REMEMBERED = 20
"""How many of the newest records are remembered; that far may a change be learned of out of order."""
_WIDTH = 4
"""Characters of a fingerprint. 24 bits: of a million changes, one passes for a record that is remembered, and waits for
the schedule."""


class Look(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a look at an object type.

    Attributes:
        total: How many live records there were.
        newest: Fingerprints of the records modified last, one behind the other: a short text in the cursor, which
            people see.
        oldest_of_newest: When the last of these was modified (milliseconds since 1970); 0 where they are all records.
            Others of that millisecond were left out, so nothing of it tells a change.
        last_created: When the newest record by creation was created (milliseconds since 1970).
        gone: Records known to be gone for which no `archived` run was asked yet.
        archived_run_at: When the last such run was asked for (seconds since 1970).
    """

    total: int
    newest: str
    oldest_of_newest: int
    last_created: int
    gone: int = 0
    archived_run_at: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look tells beside the one before.

    Attributes:
        changed: Records modified or created since, as far as the look reaches.
        created: Those of them that were created.
        gone: Records fewer than those creations explain.
        look: What to remember.
    """

    changed: int
    created: int
    gone: int
    look: Look


def compare(before: Look | None, now: Newest) -> Seen:
    """Compare a look with the one before; the first look sees nothing new.

    More changes than the look has records are counted as so many; more creations than that, and records restored, can
    hide others that went. The daily read of the recycle bin finds those.
    """
    remembered = now.records[:REMEMBERED]
    look = Look(
        total=now.total,
        newest="".join(map(_fingerprint, remembered)),
        oldest_of_newest=_milliseconds(remembered[-1].modified_at) if 0 < len(remembered) < now.total else 0,
        last_created=max((_milliseconds(record.created_at) for record in now.records), default=0),
    )
    if before is None:
        return Seen(0, 0, 0, look)
    known = set(_apart(before.newest))
    if len(remembered) < min(now.total, REMEMBERED):
        # A page may be shorter than it need be: of what it leaves out, the look before still tells.
        newest = "".join(dict.fromkeys(_apart(look.newest + before.newest)))
        look = msgspec.structs.replace(look, newest=newest, oldest_of_newest=before.oldest_of_newest)
    changed = sum(
        _milliseconds(record.modified_at) > before.oldest_of_newest and _fingerprint(record) not in known
        for record in now.records
    )
    created = sum(_milliseconds(record.created_at) > before.last_created for record in now.records)
    # The index may learn of a creation long after it: then only the total tells.
    changed = max(changed, now.total - before.total)
    gone = max(before.total + created - now.total, 0)
    look = msgspec.structs.replace(
        look,
        last_created=max(look.last_created, before.last_created),
        gone=before.gone + gone,
        archived_run_at=before.archived_run_at,
    )
    return Seen(changed, created, gone, look)


def remembered(cursor: str | None) -> dict[str, Look]:
    """Return the looks that a cursor holds, by object type.

    None where there is no cursor, or one that cannot be read, as those of earlier versions: what changed meanwhile is
    left to the schedule.
    """
    try:
        return msgspec.json.decode(cursor or "{}", type=dict[str, Look])
    except msgspec.MsgspecError:
        return {}


def cursor_of(looks: Mapping[str, Look]) -> str:
    """Return the looks as a cursor, in the order given: a line each, for the UI shows it."""
    lines = (f"{json.dumps(name)}: {msgspec.json.encode(look).decode()}" for name, look in looks.items())
    return "{" + ",\n".join(lines) + "}"


def _fingerprint(record: Modified) -> str:
    seen = f"{record.id} {_milliseconds(record.modified_at)}".encode()
    return base64.b64encode(hashlib.blake2b(seen, digest_size=3).digest()).decode()


def _apart(fingerprints: str) -> list[str]:
    return [fingerprints[at : at + _WIDTH] for at in range(0, len(fingerprints), _WIDTH)]


def _milliseconds(instant: datetime) -> int:
    return round((instant - datetime.fromtimestamp(0, UTC)).total_seconds() * 1000)
