"""Settings that name things of HubSpot: object types, pairs of them, datasets, events."""

import difflib
import re
from itertools import product
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from hubspot_assets.catalog.datasets import DATASETS
from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.settings.as_meant import as_meant

_OBJECT_NAME = re.compile(r"[a-z0-9_]+|\d+-\d+", re.ASCII)
_EVENT_NAME = re.compile(r"(e|[pa]e\d+)_\w+", re.ASCII)
_OWNER = re.compile(r"team:\w+|[^@\s:]+@[^@\s:]+\.[a-zA-Z]{2,}")
_IDS = {object_type.object_type_id: name for name, object_type in STANDARD_OBJECT_TYPES.items()}


class Pair(NamedTuple):
    """Two object types, in the direction in which their associations are read."""

    from_name: str
    to_name: str


def object_name(name: str) -> str:
    """Return the name by which assets know an object type that a user names or gives the type id of."""
    return _IDS.get(name.lower(), name.lower())


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part for part in map(as_meant, value.split(",")) if part)


def _object_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if names == ("all",):
        return tuple(STANDARD_OBJECT_TYPES)
    if not names or "all" in names:
        raise ValueError("give names such as `contacts,deals`, or `all` alone")
    by_key: dict[str, str] = {}
    for name in map(object_name, names):
        if not _OBJECT_NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is not the name of an object type; give names such as `contacts,line_items`, or type ids "
                "such as `2-1234567`"
            )
        # An asset's name cannot hold a hyphen.
        if by_key.setdefault(name.replace("-", "_"), name) != name:
            raise ValueError(f"{name} and {by_key[name.replace('-', '_')]} would be one asset; keep one of them")
    return tuple(by_key.values())


def _owners(owners: tuple[str, ...]) -> tuple[str, ...]:
    for owner in owners:
        if not _OWNER.fullmatch(owner):
            raise ValueError(f"{owner!r} is neither an email address nor a team such as `team:crm`")
    return owners


def _datasets(names: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.lower() for name in names))
    if names == ("all",):
        return tuple(DATASETS)
    if names == ("none",):
        return ()
    for name in names:
        if name not in DATASETS:
            near = difflib.get_close_matches(name, DATASETS, n=1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"{name!r}{meant} is not one of {', '.join(DATASETS)}, nor `all` or `none` alone")
    return names


def _pairs(value: object, info: ValidationInfo) -> object:
    names = _split(value)
    if not isinstance(value, str) or not isinstance(names, tuple):
        return value
    if names == ("all",):
        return "all"
    objects: tuple[str, ...] = info.data.get("objects", ())
    known = {
        f"{from_spelling}_to_{to_spelling}": Pair(from_name, to_name)
        for from_name, to_name in product(objects, objects)
        for from_spelling, to_spelling in product(_spellings(from_name), _spellings(to_name))
    }
    for name in names:
        if name.lower() not in known:
            raise ValueError(
                f"{name!r} is not a pair of object types that HUBSPOT_OBJECTS names; give pairs such as "
                "`contacts_to_companies`, or `all`"
            )
    return tuple(dict.fromkeys(known[name.lower()] for name in names))


def _spellings(name: str) -> tuple[str, ...]:
    standard = STANDARD_OBJECT_TYPES.get(name)
    return (name, standard.object_type_id) if standard else (name,)


def _event_names(names: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.lower() for name in names))
    for name in names:
        if not _EVENT_NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is not the name of an event; give names such as `e_visited_page` or, for an event of your "
                "own, `pe1234567_login` with the account's id"
            )
    return names


ObjectNames = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_object_names)]
"""Object types: names of the catalog, or of custom objects, or type ids; `all` for the whole catalog."""

Owners = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_owners)]
"""Owners of assets as Dagster knows them: email addresses, or teams as `team:crm`."""

Datasets = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_datasets)]
"""Names of datasets; `all` and `none` stand alone."""

Pairs = Annotated[tuple[Pair, ...] | Literal["all"], BeforeValidator(_pairs)]
"""Pairs of object types whose associations are read, or `all`. The field `objects` must stand before."""

EventNames = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_event_names)]
"""Events by their fully qualified names."""
