"""Columns of values for many records at once.

Records are made column by column: one call of `random.choices` for ten thousand values costs a hundredth of
ten thousand calls, and a portal of 100,000 contacts has to start in seconds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from typing import TypeVar

from hubspot_assets.demo_portal.clock import DAY, date_text, instant_text
from hubspot_assets.demo_portal.company.words import FILLER
from hubspot_assets.demo_portal.definitions import PropertyDefinition

T = TypeVar("T")
Column = list[str | None]

HISTORY_DAYS = 3 * 365
SMALL_IDS = 0.15
FIRST_LARGE_ID = 20_000_000_000
FIRST_NEW_ID = 190_000_000_000
SPARSE_FROM = 150
"""From this many properties on, made-up ones are mostly unset, as in real wide accounts."""

_TEXTS = tuple(f"{each} {number}" for each in FILLER for number in range(20))


@dataclass
class Rows:
    """Records of one object type (`name`) in the making: ids, instants (milliseconds) and columns of values."""

    name: str
    ids: list[int]
    created: list[int]
    updated: list[int]
    random: Random
    columns: dict[str, Sequence[str | None]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def pick(self, pool: Sequence[T], weights: Sequence[float] | None = None) -> list[T]:
        """One random element of the pool for each record."""
        return self.random.choices(pool, weights=weights, k=len(self.ids))

    def sometimes(self, column: Sequence[str | None], share: float) -> Column:
        """The column with only a share of its values, the others unset."""
        random = self.random.random
        return [value if random() < share else None for value in column]

    def whole(self, low: int, high: int) -> list[int]:
        """One whole number from `low` to `high` (both included) for each record."""
        random, span = self.random.random, high - low + 1
        return [low + int(random() * span) for _ in self.ids]

    def each(self, make: Callable[..., str | None], *columns: Iterable[object]) -> Column:
        """One value for each record, made of the values of other columns."""
        return list(map(make, *columns))

    def money(self, low: int, high: int) -> Column:
        """Amounts from `low` to `high`, in the spellings that HubSpot gives back."""
        styles = self.pick(("{}", "{}.00", "{}.0", "{}.5", "{}.25"))
        return [style.format(amount) for style, amount in zip(styles, self.whole(low, high), strict=True)]

    def after_creation(self, longest_days: float) -> list[int]:
        """An instant after each record's creation, but not after its last change."""
        random, longest = self.random.random, longest_days * DAY
        return [
            min(created + int(random() * longest), updated)
            for created, updated in zip(self.created, self.updated, strict=True)
        ]


def make_rows(name: str, count: int, now: int, random: Random, ids: Sequence[int] | None = None) -> Rows:
    """Rows with ids and instants, and no values yet.

    Ids ascend with creation, with gaps, in HubSpot's three magnitudes: those of an account's first years
    (1, 51, 101), eleven digits, and for the newest twelve. Creation spreads over three years; most records
    were last changed recently.
    """
    small, large = int(count * SMALL_IDS), int(count * 0.9)
    draw = random.random
    if ids is None:
        gaps = [1 + int(draw() * 900) for _ in range(count)]
        running = list(accumulate(gaps))
        ids = [
            1 + 50 * each if each < small else (FIRST_LARGE_ID if each < large else FIRST_NEW_ID) + running[each]
            for each in range(count)
        ]
    span = HISTORY_DAYS * DAY
    step = span / max(count, 1)
    created = [now - span + int((each + draw()) * step) - 1 for each in range(count)]
    updated = [now - 1 - int((now - 1 - instant) * draw() ** 2) for instant in created]
    return Rows(name, list(ids), created, updated, random)


def made_up(definition: PropertyDefinition, rows: Rows, now: int, share: float) -> Column:
    """Plausible values for a property that has no story of its own, set for a share of the records."""
    random = rows.random
    # A small account is made again for each test: a pool needs no more values than there are records.
    most = len(rows)
    pool: Sequence[str | None]
    match definition.type:
        case "number":
            amounts = [f"{random.randrange(0, 500_000) / 100:.2f}" for _ in range(min(499, most))]
            pool = (*amounts, "0", "1E+3", "3600.0")
        case "bool":
            pool = ("true", "false")
        case "date":
            pool = [date_text(now - each * 11 * DAY) for each in range(min(200, most))]
        case "datetime":
            pool = [instant_text(now - random.randrange(HISTORY_DAYS * DAY)) for _ in range(min(500, most))]
        case "enumeration" if definition.options:
            pool = definition.options
            if definition.field_type == "checkbox":
                pool = [";".join(random.sample(definition.options, 1 + each % 3)) for each in range(30)]
        case "enumeration":
            return [None] * len(rows)
        case "phone_number":
            pool = [f"+1617555{random.randrange(10_000):04}" for _ in range(min(300, most))]
        case "json":
            pool = [f'{{"score":{each},"tags":["a","b"]}}' for each in range(50)]
        case "object_coordinates":
            pool = [f"{random.uniform(-60, 60):.5f},{random.uniform(-180, 180):.5f}" for _ in range(100)]
        case _:
            pool = _TEXTS
    # Unset values are drawn from the same pool: one pass makes the column.
    unset = round(len(pool) * (1 - share) / share) if share < 1 else 0
    return rows.pick((*pool, *(None,) * unset))


def extra_definitions(count: int, *, long_names: bool) -> list[PropertyDefinition]:
    """Properties for an account that made very many of them, of all simple types in turn."""
    types = ("string", "number", "bool", "date", "datetime", "enumeration")
    stem = "a_rather_long_internal_name_as_integrations_like_to_make_them_" if long_names else "custom_field_"
    return [
        PropertyDefinition(
            name=f"{stem}{number:04}",
            type=types[number % len(types)],
            options=("alpha", "beta", "gamma") if types[number % len(types)] == "enumeration" else (),
        )
        for number in range(1, count + 1)
    ]
