"""Search filters: what each operator means for each property type."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from hubspot_assets.demo_portal.clock import parse_instant
from hubspot_assets.demo_portal.definitions import Layout, PropertyDefinition
from hubspot_assets.demo_portal.errors import filter_at_epoch, invalid
from hubspot_assets.demo_portal.portal_types import PortalType

MAX_GROUPS = 5
MAX_FILTERS_PER_GROUP = 6
MAX_FILTERS = 18

# Properties that HubSpot documents as not filterable.
UNSEARCHABLE: Mapping[str, frozenset[str]] = {
    **{name: frozenset({"hs_body_preview_html"}) for name in ("calls", "conversations", "meetings", "notes", "tasks")},
    "emails": frozenset({"hs_body_preview_html", "hs_email_html", "hs_body_preview"}),
}

ONE_VALUE = frozenset({"EQ", "NEQ", "LT", "LTE", "GT", "GTE", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"})
MANY_VALUES = frozenset({"IN", "NOT_IN"})
NO_VALUE = frozenset({"HAS_PROPERTY", "NOT_HAS_PROPERTY"})
ORDERED = frozenset({"LT", "LTE", "GT", "GTE", "BETWEEN"})
OPERATORS = ONE_VALUE | MANY_VALUES | NO_VALUE | {"BETWEEN"}

# NOT_IN and NEQ also hold for records without a value, as a negation does.
NEGATED = {"NEQ": "EQ", "NOT_IN": "IN", "NOT_CONTAINS_TOKEN": "CONTAINS_TOKEN", "NOT_HAS_PROPERTY": "HAS_PROPERTY"}

Matcher = Callable[[str | None], bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of a search, its values as texts."""

    property: str
    operator: str
    value: str | None = None
    high_value: str | None = None
    values: tuple[str, ...] = ()


def parse_groups(body: Mapping[str, Any], object_type: PortalType, layout: Layout) -> tuple[tuple[Filter, ...], ...]:
    """The filter groups of a search body (OR of ANDs); `filters` at the top is one group.

    Raises:
        Refusal: 400, the filters are not what HubSpot accepts; 500, a filter at instant 0.
    """
    groups = body.get("filterGroups") or []
    if body.get("filters"):
        groups = [{"filters": body["filters"]}, *groups]
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise invalid("Invalid input JSON: filterGroups is a list of objects")
    parsed = tuple(tuple(_parse(each, object_type, layout) for each in group.get("filters") or []) for group in groups)
    if (
        len(parsed) > MAX_GROUPS
        or any(len(group) > MAX_FILTERS_PER_GROUP for group in parsed)
        or sum(map(len, parsed)) > MAX_FILTERS
    ):
        raise invalid(
            f"Too many filters: at most {MAX_GROUPS} filterGroups, {MAX_FILTERS_PER_GROUP} filters in each, "
            f"{MAX_FILTERS} in total"
        )
    return tuple(group for group in parsed if group)


def _parse(given: Any, object_type: PortalType, layout: Layout) -> Filter:  # noqa: ANN401
    if not isinstance(given, dict):
        raise invalid("Invalid input JSON: a filter is an object")
    name = str(given.get("propertyName", ""))
    operator = str(given.get("operator", ""))
    if operator not in OPERATORS:
        raise invalid(f"Invalid input JSON: unknown operator '{operator}'")
    if name.startswith("associations."):
        return Filter(name, operator, str(given.get("value", "")), None, _texts(given.get("values")))
    definition = layout.by_name.get(name)
    if definition is None or definition.archived:
        raise invalid(f"There was a problem with the request. Property {name} does not exist", propertyName=[name])
    if name in UNSEARCHABLE.get(object_type.name, ()) or definition.sensitivity == "highly_sensitive":
        raise invalid(f"Property {name} is not searchable", propertyName=[name])
    value, high_value = (None if given.get(key) is None else str(given[key]) for key in ("value", "highValue"))
    parsed = Filter(name, operator, value, high_value, _texts(given.get("values")))
    _check(parsed, definition)
    return parsed


def _texts(values: object) -> tuple[str, ...]:
    return tuple(map(str, values)) if isinstance(values, list) else ()


def _check(parsed: Filter, definition: PropertyDefinition) -> None:
    if (parsed.operator in ONE_VALUE or parsed.operator == "BETWEEN") and parsed.value is None:
        raise invalid(f"operator {parsed.operator} requires a value")
    if parsed.operator in MANY_VALUES and not parsed.values:
        raise invalid(f"operator {parsed.operator} requires values")
    comparable = _comparable(definition)
    for text in (parsed.value, parsed.high_value):
        if text is None or parsed.operator not in ORDERED | {"EQ", "NEQ"} or definition.type not in _PARSERS:
            continue
        if comparable(text) is None:
            raise invalid(f"{text} was not a valid {definition.type} for property {definition.name}")
        if definition.type in ("date", "datetime") and comparable(text) == 0:
            raise filter_at_epoch()
    if parsed.operator == "BETWEEN":
        low, high = comparable(parsed.value or ""), comparable(parsed.high_value or "")
        if low is None or high is None or low > high:
            raise invalid("operator BETWEEN requires a value that is not greater than its highValue")


def matcher(parsed: Filter, definition: PropertyDefinition) -> Matcher:
    """Whether a property's value satisfies the filter."""
    positive = NEGATED.get(parsed.operator)
    if positive is not None:
        matches = matcher(Filter(parsed.property, positive, parsed.value, parsed.high_value, parsed.values), definition)
        return lambda text: not matches(text)
    if parsed.operator == "HAS_PROPERTY":
        return lambda text: bool(text)
    if parsed.operator == "CONTAINS_TOKEN":
        return _token_matcher(parsed.value or "")
    if parsed.operator == "IN":
        return _membership(frozenset(parsed.values), definition)
    if parsed.operator == "EQ" and definition.type not in _PARSERS:
        wanted = parsed.value or ""
        return _membership(frozenset({wanted if definition.type == "enumeration" else wanted.lower()}), definition)
    return _comparison(parsed, _comparable(definition))


def _comparison(parsed: Filter, comparable: Callable[[str], Any]) -> Matcher:
    bound = comparable(parsed.value or "")
    high = comparable(parsed.high_value or "")
    compare: Callable[[Any], bool] = {
        "EQ": lambda value: value == bound,
        "LT": lambda value: value < bound,
        "LTE": lambda value: value <= bound,
        "GT": lambda value: value > bound,
        "GTE": lambda value: value >= bound,
        "BETWEEN": lambda value: bound <= value <= high,
    }[parsed.operator]

    def matches(text: str | None) -> bool:
        value = comparable(text) if text else None
        return value is not None and compare(value)

    return matches


def _membership(wanted: frozenset[str], definition: PropertyDefinition) -> Matcher:
    if definition.type == "enumeration":
        return lambda text: bool(text) and (text in wanted or not wanted.isdisjoint(text.split(";")))
    if definition.type == "number":
        numbers = frozenset(map(_number, wanted)) - {None}
        return lambda text: bool(text) and _number(text) in numbers
    # The index keeps texts in lower case; IN compares them with the values as given.
    return lambda text: bool(text) and text.lower() in wanted


def _token_matcher(value: str) -> Matcher:
    wanted = [re.compile(re.escape(token).replace(r"\*", ".*"), re.DOTALL) for token in value.lower().split()]

    def matches(text: str | None) -> bool:
        if not text:
            return False
        lowered = text.lower()
        tokens = [lowered, *lowered.split(), *re.findall(r"\w+", lowered)]
        return all(any(pattern.fullmatch(token) for token in tokens) for pattern in wanted)

    return matches


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _truth(text: str) -> str | None:
    return {"true": "true", "yes": "true", "false": "false", "no": "false"}.get(text.lower())


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "number": _number,
    "date": parse_instant,
    "datetime": parse_instant,
    "bool": _truth,
}


def _comparable(definition: PropertyDefinition) -> Callable[[str], Any]:
    return _PARSERS.get(definition.type, str.lower)


def sort_key(definition: PropertyDefinition) -> Callable[[str | None], tuple[bool, Any]]:
    """How the index orders values of a property: ascending, records without a value last."""
    comparable = _comparable(definition)

    def key(text: str | None) -> tuple[bool, Any]:
        value = comparable(text) if text else None
        return (True, 0) if value is None else (False, value)

    return key


def values_of(filters: Sequence[Filter], name: str) -> list[Filter]:
    """The filters on one property."""
    return [each for each in filters if each.property == name]
