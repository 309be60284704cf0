"""A handle on a portal: starts it, changes its data, breaks it, and asks it for the truth.

    with Portal.start(sizes={"contacts": 1_000}) as portal:
        client = Client(AccessToken(portal.token), base_url=portal.url)
        portal.change("contacts", {"firstname": "Ada"}, ids=[51])
        portal.faults([{"kind": "server_error", "path": "search", "nth": [2]}])
        assert portal.truth("contacts").live[51].properties["firstname"] == "Ada"
        assert portal.summary()["rate_limited"] == 0

A portal started this way is still by default: no limits, no latency, no index lag, no short pages, so that a
test sees only what it asked for. `limits=True, index_lag=True, short_pages=0.01` make it behave as an account
does. Every method is one order of `orders.py`, sent over HTTP.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Literal, Self

import msgspec
import requests
from typing_extensions import override

from hubspot_assets.demo_portal.control_engagement import EngagementControl
from hubspot_assets.demo_portal.control_marketing import MarketingControl
from hubspot_assets.demo_portal.control_relations import RelationControl
from hubspot_assets.demo_portal.truth import Truth

Sensitivity = Literal["non_sensitive", "sensitive", "highly_sensitive"]


class PortalProblem(Exception):
    """The portal did not start, or could not carry out an order; the message says why."""


class Portal(RelationControl, EngagementControl, MarketingControl):
    """One portal: `url`, `token`, and methods that change it. Use `Portal.start` or `Portal.at`."""

    def __init__(self, url: str, token: str, process: "subprocess.Popen[str] | None" = None) -> None:
        self.url = url
        self.token = token
        self._process = process
        self._session = requests.Session()
        self._session.trust_env = False

    @classmethod
    def start(
        cls,
        *,
        seed: int = 1,
        sizes: Mapping[str, int] | None = None,
        properties: Mapping[str, int] | None = None,
        long_property_names: bool = False,
        ids: Literal["mixed", "dense"] = "mixed",
        archived_share: float = 0.025,
        merged_share: float = 0.004,
        odd_values: bool = True,
        now: str | None = None,
        limits: Mapping[str, Any] | bool = False,
        latency: float = 0.0,
        jitter: float = 0.0,
        index_lag: Mapping[str, float] | bool = False,
        short_pages: float = 0.0,
        token: str = "pat-na1-demo-portal-00000000",
        time_zone: str = "US/Eastern",
        port: int = 0,
    ) -> Self:
        """Start a portal in a process of its own and wait until it answers.

        Args:
            seed: Of all data; with `now` given, the same seed gives the same portal to the last byte.
            sizes: Records per object type, archived ones included; types not named are empty. Without it,
                the demo company (`company.build.DEFAULT_SIZES`).
            properties: Exactly so many properties per object type, made up or left out as needed.
            long_property_names: The made-up properties have names of 66 characters.
            ids: `mixed` magnitudes with gaps, or `dense` 1, 2, 3, ….
            archived_share: Part of the records that start in the recycle bin.
            merged_share: Part of contacts, companies, deals and tickets that start merged into others.
            odd_values: Whether some values are as odd as in real accounts (see `company.oddities`).
            now: The portal's time at the start, ISO 8601; real time without it.
            limits: True for an Enterprise account's; a mapping for others (fields of `limits.LimitSettings`).
            latency: Seconds that every answer takes,
            jitter: And up to so many more.
            index_lag: True as on HubSpot; a mapping for other figures (fields of `index.Lag`, milliseconds).
            short_pages: Chance that a search page gives fewer rows than it could.
            token: The token that has every scope.
            time_zone: Of the account; its daily limit ends at midnight there.
            port: To listen on; a free one by default.

        Raises:
            PortalProblem: The portal did not start.
        """
        options = {
            name: value for name, value in locals().items() if name not in ("cls", "properties") and value is not None
        }
        options["properties"] = properties or {}
        process = subprocess.Popen(
            [sys.executable, "-m", "hubspot_assets.demo_portal.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C is for whoever started the portal, who may need it a little longer.
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(options) + "\n")
        process.stdin.flush()
        try:
            line = process.stdout.readline()
        except BaseException:
            # An interrupt: without a handle, nobody else would end it.
            process.kill()
            process.wait()
            raise
        if not line:
            raise PortalProblem(f"The demo portal ended with status {process.wait()}; its error is printed above.")
        ready: dict[str, str] = json.loads(line)
        portal = cls(ready.get("url", ""), ready.get("token", ""), process)
        if "error" in ready:
            portal.close()
            raise PortalProblem(f"The demo portal cannot start: {ready['error']}")
        return portal

    @classmethod
    def at(cls, url: str) -> Self:
        """A handle on a portal that runs already, as one started by `hubspot-assets demo-portal`."""
        portal = cls(url.rstrip("/"), "")
        portal.token = str(portal.about()["token"])
        return portal

    def close(self) -> None:
        """Stop the portal, if this handle started it."""
        self._session.close()
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What is there

    def truth(self, type: str) -> Truth:
        """Every record of an object type, as the portal has it now."""
        return Truth.of(self.records(type))

    def records(self, type: str) -> Iterator[dict[str, Any]]:
        """The truth as a stream of objects, for portals too large for `truth`."""
        return self.stream(f"truth/{type}")

    @override
    def stream(self, what: str) -> Iterator[Any]:
        with self._session.get(f"{self.url}/__portal/{what}", stream=True, timeout=600) as answer:
            if answer.status_code != 200:
                raise PortalProblem(answer.json()["message"])
            for line in answer.iter_lines(chunk_size=1 << 20):
                if line:
                    yield msgspec.json.decode(line)

    def ids(self, type: str) -> list[int]:
        """Ids of the live records, ascending."""
        return sorted(row["id"] for row in self.records(type) if row["state"] == "live")

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """The requests since the start or the last `clear_requests`, the latest 100,000 of them.

        Each has the fields of `request_log.LoggedRequest`: method, path, query, bucket, status, rows, ….

        Args:
            path: Only requests whose path contains this.
        """
        return self._get("requests", {"path": path})

    def summary(self) -> dict[str, Any]:
        """Counts of requests: `total`, `rate_limited`, `most_in_flight`, `by_bucket` and status."""
        return self._get("summary")

    def about(self) -> dict[str, Any]:
        """The portal's id, time, live records by type, OAuth app, CPU seconds used, and writes not yet indexed."""
        return self._get("about")

    def now(self) -> datetime:
        """The portal's time."""
        return datetime.fromisoformat(self.about()["now"])

    # What happens to records

    def create(self, type: str, properties: Mapping[str, str | None] | None = None, id: int | None = None) -> int:
        """Create a record; its id."""
        return self.order("create", type=type, properties=dict(properties or {}), id=id)["id"]

    def create_many(self, type: str, records: Sequence[Mapping[str, str | None]]) -> list[int]:
        """Create records; their ids in the order given."""
        return self.order("create_many", type=type, records=list(records))["ids"]

    def change(
        self,
        type: str,
        properties: Mapping[str, str | None],
        ids: Iterable[int] | None = None,
        *,
        count: int | None = None,
        touch: bool = True,
        at: datetime | None = None,
        source: Mapping[str, object] | None = None,
    ) -> int:
        """Set properties of live records, all in one millisecond; how many.

        Args:
            type: The object type.
            properties: New values; None unsets, "" clears; none at all moves only last-modified.
            ids: Which records; without it the first `count`, or all.
            count: How many, without `ids`.
            touch: False leaves last-modified where it is, as for a calculated property.
            at: The millisecond; now without it.
            source: Who does it (fields of `versions.ChangeSource`); a user without it.
        """
        return self.order(
            "change",
            type=type,
            properties=dict(properties),
            ids=None if ids is None else list(ids),
            count=count,
            touch=touch,
            at=None if at is None else at.astimezone(UTC).isoformat(),
            source=None if source is None else dict(source),
        )["changed"]

    def archive(self, type: str, ids: Iterable[int]) -> None:
        """Move live records to the recycle bin."""
        self.order("archive", type=type, ids=list(ids))

    def restore(self, type: str, ids: Iterable[int], *, touch: bool = False) -> None:
        """Bring records back from the recycle bin; `touch` moves their last-modified."""
        self.order("restore", type=type, ids=list(ids), touch=touch)

    def purge(self, type: str, ids: Iterable[int]) -> None:
        """Delete records for good, live or archived."""
        self.order("purge", type=type, ids=list(ids))

    def merge(self, type: str, survivor: int, absorbed: Iterable[int], *, mint: bool = False) -> int:
        """Merge live records into a survivor, under a new id with `mint`; the id that remains."""
        return self.order("merge", type=type, survivor=survivor, absorbed=list(absorbed), mint=mint)["id"]

    # What happens to definitions

    def create_property(
        self,
        type: str,
        name: str,
        data_type: str = "string",
        *,
        options: Sequence[str] = (),
        sensitivity: Sensitivity = "non_sensitive",
        calculated: bool = False,
        values: Mapping[int, str] | None = None,
        touch: bool = False,
    ) -> None:
        """Create a property (or bring an archived one back), with values by record id.

        The values move no last-modified unless `touch`: that is how a new property arrives in an import.
        """
        self.order(
            "create_property",
            type=type,
            name=name,
            data_type=data_type,
            options=list(options),
            sensitivity=sensitivity,
            calculated=calculated,
            values={str(record_id): value for record_id, value in (values or {}).items()},
            touch=touch,
        )

    def archive_property(self, type: str, name: str) -> None:
        """Archive a property: its definition and values vanish from answers."""
        self.order("archive_property", type=type, name=name)

    def retype_property(
        self,
        type: str,
        name: str,
        data_type: str,
        *,
        values: Mapping[int, str] | None = None,
        touch: bool = False,
    ) -> None:
        """Change a property's type in place, with new values by record id."""
        given = {str(record_id): value for record_id, value in (values or {}).items()}
        self.order("retype_property", type=type, name=name, data_type=data_type, values=given, touch=touch)

    # How the portal behaves

    def render_ahead(self, type: str, properties: Sequence[str] | None = None) -> None:
        """Render all records with these properties (or all) now.

        A first read of a portal pays for this otherwise; benchmarks that ask for exactly these properties measure
        the reader alone.
        """
        self.order("render_ahead", type=type, properties=None if properties is None else list(properties))

    def limits(self, *, enabled: bool = True, **settings: object) -> None:
        """Switch limits on or off, or change them: `burst`, `search`, `daily`, `daily_used`, `retry_after`, …."""
        self.order("limits", enabled=enabled, **settings)

    def latency(self, fixed: float = 0.0, jitter: float = 0.0) -> None:
        """Delay every answer by `fixed` seconds plus up to `jitter`."""
        self.order("latency", fixed=fixed, jitter=jitter)

    def index_lag(self, lag: Mapping[str, float] | bool = True) -> None:
        """How long writes take to reach the search index: True as on HubSpot, False not at all, or figures."""
        self.order("index_lag", lag=lag)

    def index_catch_up(self) -> None:
        """Let the search index know everything at once."""
        self.order("index_catch_up")

    def behavior(self, **switches: object) -> None:
        """Set switches of `account.Behavior`: `short_pages`, `max_target`, `merged_ids_resolve`, …."""
        self.order("behavior", **switches)

    def faults(self, rules: Iterable[Mapping[str, Any]] = ()) -> None:
        """Replace the fault rules; none at all without rules. See `faults.Rule` for their fields."""
        self.order("faults", rules=list(rules))

    def advance(self, duration: timedelta | float) -> datetime:
        """Move the clock forward by a duration (or seconds); the new time."""
        seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
        return datetime.fromisoformat(self.order("clock", advance=seconds)["now"])

    def freeze(self, *, frozen: bool = True) -> datetime:
        """Stop the clock, so that all writes fall into one millisecond; or let it run on."""
        return datetime.fromisoformat(self.order("clock", frozen=frozen)["now"])

    def issue_token(
        self,
        *,
        scopes: Sequence[str] | None = None,
        without: Sequence[str] = (),
        expires_in: float | None = None,
        private: bool = True,
        value: str | None = None,
    ) -> str:
        """A new token: with all scopes, or some, or all but some; perhaps one that expires (seconds)."""
        return self.order(
            "token",
            value=value,
            scopes=None if scopes is None else list(scopes),
            without=list(without),
            expires_in=expires_in,
            private=private,
        )["token"]

    def revoke_token(self, value: str) -> None:
        """Make a token unknown."""
        self.order("revoke", value=value)

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self.order("clear_requests")

    def reset(self) -> None:
        """Begin again: data, definitions, clock and switches as at the start, no request remembered."""
        self.order("reset")

    @override
    def order(self, name: str, /, **arguments: object) -> dict[str, Any]:
        """Send an order of `orders.py`; what it answers.

        Raises:
            PortalProblem: The portal refused it.
        """
        answer = self._session.post(f"{self.url}/__portal/{name}", data=msgspec.json.encode(arguments), timeout=600)
        if answer.status_code != 200:
            raise PortalProblem(answer.json()["message"])
        return answer.json()

    def _get(self, what: str, query: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401
        answer = self._session.get(f"{self.url}/__portal/{what}", params=query, timeout=600)
        answer.raise_for_status()
        return answer.json()
