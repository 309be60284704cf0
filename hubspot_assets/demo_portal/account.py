"""The state of the portal: one HubSpot account."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Literal

from hubspot_assets.demo_portal.associations import Associations
from hubspot_assets.demo_portal.clock import DAY, Clock, instant_text, parse_instant
from hubspot_assets.demo_portal.company.build import ARCHIVED_SHARE, DEFAULT_SIZES, MERGED_SHARE, Ids, build
from hubspot_assets.demo_portal.company.events import make_events
from hubspot_assets.demo_portal.company.lists import make_lists
from hubspot_assets.demo_portal.company.marketing import make_marketing
from hubspot_assets.demo_portal.company.rows import extra_definitions
from hubspot_assets.demo_portal.company.world import World
from hubspot_assets.demo_portal.definitions import Layout, PropertyDefinition
from hubspot_assets.demo_portal.events import Events
from hubspot_assets.demo_portal.faults import Faults
from hubspot_assets.demo_portal.history import History
from hubspot_assets.demo_portal.index import NO_LAG, Lag, SearchIndex
from hubspot_assets.demo_portal.limits import LIMITS_OFF, Limits, LimitSettings
from hubspot_assets.demo_portal.lists import Lists
from hubspot_assets.demo_portal.people import OWNERS, People
from hubspot_assets.demo_portal.pipelines import Pipelines
from hubspot_assets.demo_portal.portal_types import PortalType, PortalTypes, custom_type, standard_types
from hubspot_assets.demo_portal.rendering import Memory, Renderer
from hubspot_assets.demo_portal.request_log import RequestLog
from hubspot_assets.demo_portal.roll_ups import RollUps
from hubspot_assets.demo_portal.store import RecordStore
from hubspot_assets.demo_portal.things import Things
from hubspot_assets.demo_portal.tokens import Tokens

PORTAL_ID = 7654321
CUSTOM_OBJECTS: Mapping[str, int] = {"cars": 41234567}
"""Custom objects of the demo company, and the number in their object type ids."""

ALL_SCOPES_TOKEN = "pat-na1-demo-portal-00000000"
RENDERERS_KEPT = 64


@dataclass(slots=True)
class Latency:
    """How long an answer takes, in seconds: `fixed` plus up to `jitter`."""

    fixed: float = 0.0
    jitter: float = 0.0


@dataclass(slots=True)
class Behavior:
    """Switches for what HubSpot does, where sources disagree or a test wants the other case.

    Attributes:
        short_pages: Chance that a search page holds fewer rows than asked for (or none) though more follow.
        unstable_ties: Rows with equal sort values change places between the pages of a search.
        max_target: Longest request target (path and query) in bytes; longer ones get 414.
        merged_ids_resolve: Reading one record by an id that was merged away gives the survivor.
        batch_errors_in_200: A partial batch read answers 200 with `errors` instead of 207; None: by API
            version, as the specifications say (200 from 2026-09 on).
        empty_associations_as_errors: Batch reads of associations report records without any as errors (207).
        association_edits_touch: An association edit moves last-modified of the records whose roll-ups
            (`num_associated_…`) it changes; reports say that it does not.
        associations_page: Associations per record in one answer of the batch read.
        inline_associations_page: Associations per record and type inside a list answer.
        lists_by_cursor: Lists can be read by `/lists/all`; without it, only search has them.
        list_stamps: When `hs_last_record_added_at` and `…_removed_at` move: `on_time`, `late`, or never (`frozen`).
        list_stamps_delay: Minutes that late stamps take.
        join_order_descending: Members by join order come newest first.
        events_in_plan: The account has the Enterprise subscription that events need.
        events_page: The most events of a page.
        event_bounds_inclusive: Whether the instants of a window are within it; not documented.
        event_definitions_path: `events` as in 2026-09, or `custom` as in its draft.
        versions_kept: Versions of a property that HubSpot still has; None: 45 for contacts, 20 for others.
    """

    short_pages: float = 0.0
    unstable_ties: bool = False
    max_target: int = 16_200
    merged_ids_resolve: bool = True
    batch_errors_in_200: bool | None = None
    empty_associations_as_errors: bool = True
    association_edits_touch: bool = False
    associations_page: int = 500
    inline_associations_page: int = 100
    lists_by_cursor: bool = True
    list_stamps: Literal["on_time", "late", "frozen"] = "on_time"
    list_stamps_delay: int = 15
    join_order_descending: bool = True
    events_in_plan: bool = True
    events_page: int = 100
    event_bounds_inclusive: bool = False
    event_definitions_path: Literal["events", "custom"] = "events"
    versions_kept: int | None = None


@dataclass(frozen=True, slots=True)
class AccountOptions:
    """What an account is like when it starts. `control.Portal.start` documents each field."""

    seed: int = 1
    sizes: Mapping[str, int] | None = None
    properties: Mapping[str, int] = field(default_factory=dict)
    long_property_names: bool = False
    ids: Ids = "mixed"
    archived_share: float = ARCHIVED_SHARE
    merged_share: float = MERGED_SHARE
    odd_values: bool = True
    now: str | None = None
    limits: Mapping[str, Any] | bool = False
    latency: float = 0.0
    jitter: float = 0.0
    index_lag: Mapping[str, float] | bool = False
    short_pages: float = 0.0
    token: str = ALL_SCOPES_TOKEN
    time_zone: str = "US/Eastern"


class Account:
    """One HubSpot account: its records, definitions, tokens, limits, and how it behaves."""

    def __init__(self, options: AccountOptions) -> None:
        self.options = options
        self.portal_id = PORTAL_ID
        self.time_zone = options.time_zone
        self.clock = Clock(_instant(options.now))
        self.types = PortalTypes(
            [*standard_types(), *(custom_type(name, number, PORTAL_ID) for name, number in CUSTOM_OBJECTS.items())]
        )
        self.tokens = Tokens(self.clock, self.types, options.token)
        self.limits = Limits(_limit_settings(options.limits), self.clock, options.time_zone)
        self.faults = Faults()
        self.latency = Latency(options.latency, options.jitter)
        self.behavior = Behavior(short_pages=options.short_pages)
        self.random = Random(options.seed)
        self.requests = RequestLog()
        self.associations = Associations()
        self.people = People()
        self.pipelines = Pipelines()
        self.history = History()
        self._memory = Memory()
        self._renderers: dict[object, Renderer] = {}
        sizes = DEFAULT_SIZES if options.sizes is None else options.sizes
        for name in (*sizes, *options.properties):
            self.types.named(name)
        self.stores = {
            each.name: RecordStore(
                each,
                Layout.of(_definitions(each, options.properties.get(each.name), long=options.long_property_names)),
                self.clock,
            )
            for each in self.types
        }
        build(
            self.stores,
            # Data ends at midnight: two portals started on one day with one seed hold the same.
            World(self.clock.now() // DAY * DAY, OWNERS, self.associations),
            seed=options.seed,
            sizes=sizes,
            ids=options.ids,
            archived_share=options.archived_share,
            merged_share=options.merged_share,
            odd_values=options.odd_values,
        )
        for name, store in self.stores.items():
            store.forgotten = partial(self.associations.forget, name)
        self.roll_ups = RollUps(self.stores, self.associations)
        self.roll_ups.count_at_start()
        self._engage()
        lag = _lag(options.index_lag)
        self.indexes = {
            name: SearchIndex(store, self.clock, Random(f"{options.seed}/{name}/index"), lag)
            for name, store in self.stores.items()
        }

    def _engage(self) -> None:
        """Fill in lists, events and marketing, which follow from the records."""
        now, seed = self.clock.now() // DAY * DAY, self.options.seed
        self.lists = Lists(self.clock)
        self.lists.add_many(make_lists(self.stores, now, Random(f"{seed}/lists")))
        self.events = Events(PORTAL_ID)
        make_events(self.events, self.stores, now, Random(f"{seed}/events"))
        self.things = Things(self.clock)
        make_marketing(self.things, self.stores, now, Random(f"{seed}/marketing"))

    def store(self, name: str) -> RecordStore:
        """The records of a type, by our name for it or any spelling.

        Raises:
            KeyError: No type is called this.
        """
        return self.stores[self.types.named(name).name]

    def renderer(self, store: RecordStore, names: Iterable[str]) -> Renderer:
        """A renderer of these properties, the same one as long as definitions do not change."""
        key = (store.object_type.name, tuple(names))
        renderer = self._renderers.get(key)
        if renderer is None:
            while len(self._renderers) >= RENDERERS_KEPT:
                del self._renderers[next(iter(self._renderers))]
            renderer = self._renderers[key] = Renderer(store, key[1], self.portal_id, self._memory)
        return renderer

    def definitions_changed(self) -> None:
        """Forget what was made with the old property definitions."""
        self._renderers.clear()

    def set_index_lag(self, lag: Mapping[str, float] | bool) -> None:
        """How long writes take from now on to reach the search index."""
        for index in self.indexes.values():
            index.lag = _lag(lag)

    def time_passed(self) -> None:
        """What happens by itself with time: the recycle bin forgets."""
        for store in self.stores.values():
            store.empty_recycle_bin()


def _instant(text: str | None) -> int | None:
    if text is None:
        return None
    instant = parse_instant(text)
    if instant is None:
        raise ValueError(f"`now` is an ISO 8601 instant such as {instant_text(0)}, not {text!r}.")
    return instant


def _limit_settings(given: Mapping[str, Any] | bool) -> LimitSettings:
    if isinstance(given, Mapping):
        return LimitSettings(**given)
    return LimitSettings() if given else LIMITS_OFF


def _lag(given: Mapping[str, float] | bool) -> Lag:
    if isinstance(given, Mapping):
        return Lag(**{"tail": 0.0, **given})
    return Lag() if given else NO_LAG


def _definitions(object_type: PortalType, count: int | None, *, long: bool) -> list[PropertyDefinition]:
    definitions = object_type.definitions()
    if count is None:
        return definitions
    if count < len(object_type.always) + 1:
        raise ValueError(f"{object_type.name} cannot have fewer than {len(object_type.always) + 1} properties.")
    missing = max(count - len(definitions), 0)
    return [*definitions, *extra_definitions(missing, long_names=long)][:count]
