"""Faults by rule: which requests go wrong, how, and how often.

A rule looks at requests that were let in (token and limits in order), so a fault costs what a real failure
costs. The first rule that matches and is due decides.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any, Literal, get_args

from hubspot_assets.demo_portal import errors
from hubspot_assets.demo_portal.clock import instant_text

Kind = Literal[
    "expired_token",  # 401 in the middle of a run
    "missing_scopes",  # 403 that names scopes
    "forbidden",  # 403 that names none
    "locked",  # 423
    "burst_limit",  # 429 TEN_SECONDLY_ROLLING
    "search_limit",  # 429 SECONDLY
    "daily_limit",  # 429 DAILY
    "migrating",  # 477 with Retry-After
    "server_error",  # `status`: 500, 502, 503, 504, 52x
    "cloudflare",  # 502 with an HTML page
    "truncated",  # 200 whose body is cut, under an honest Content-Length of the cut body
    "dropped",  # 200 whose connection closes in the middle of the body
    "empty",  # 200 without a body
    "not_json",  # 200 with a page of text
    "slow",  # the right answer, `seconds` later, in small pieces
    "reset",  # the connection is reset before any answer
    "hang",  # nothing for `seconds`, then a reset
    "run",  # the control plane's order `order` with `arguments` is carried out first; then the right answer
]
KINDS: tuple[str, ...] = get_args(Kind)


class UnknownFault(ValueError):
    """A rule that the portal does not understand."""


@dataclass(slots=True)
class Rule:
    """One rule. Without `nth`, `every` or `probability` every matching request is hit.

    Attributes:
        kind: What goes wrong.
        method: `GET` or `POST`; any without it.
        path: Regular expression, searched for in `path?query`.
        nth: Which matching requests, counted from 1.
        every: Each n-th matching request.
        probability: Chance of each matching request, drawn from `seed`.
        times: How often at most.
        status: Of a `server_error`.
        retry_after: Seconds for the `Retry-After` header of 429 and 477 answers.
        seconds: How long `slow` and `hang` take.
        scopes: Which scopes `missing_scopes` names.
        order, arguments: What `run` does.
    """

    kind: Kind
    method: str = ""
    path: str = ""
    nth: tuple[int, ...] = ()
    every: int = 0
    probability: float | None = None
    times: int | None = None
    status: int = 500
    retry_after: float | None = None
    seconds: float = 5.0
    scopes: tuple[str, ...] = ()
    order: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    matched: int = field(default=0, init=False)
    fired: int = field(default=0, init=False)
    _random: Random = field(init=False)
    _path: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownFault(f"There is no fault {self.kind!r}; there are {', '.join(KINDS)}.")
        self.nth = (self.nth,) if isinstance(self.nth, int) else tuple(self.nth)
        self._random = Random(f"{self.seed}/{self.kind}/{self.path}")
        self._path = re.compile(self.path)

    def due(self, method: str, target: str) -> bool:
        """Whether this request is hit; counts it."""
        if (self.method and self.method != method) or not self._path.search(target):
            return False
        self.matched += 1
        if self.times is not None and self.fired >= self.times:
            return False
        if self.nth:
            hit = self.matched in self.nth
        elif self.every:
            hit = self.matched % self.every == 0
        elif self.probability is not None:
            hit = self._random.random() < self.probability
        else:
            hit = True
        self.fired += hit
        return hit

    def refusal(self, now: int) -> errors.Refusal | None:
        """The refusal that this fault is; None for faults of another nature."""
        refusal = self._refusal(now)
        if refusal is not None and self.retry_after is not None:
            refusal.headers["Retry-After"] = f"{self.retry_after:g}"
        return refusal

    def _refusal(self, now: int) -> errors.Refusal | None:
        match self.kind:
            case "expired_token":
                return errors.token_expired("75 second(s)", instant_text(now - 75_000))
            case "missing_scopes":
                return errors.scopes_missing(self.scopes)
            case "forbidden":
                return errors.forbidden()
            case "locked":
                return errors.locked()
            case "burst_limit":
                return errors.burst_limit_reached()
            case "search_limit":
                return errors.search_limit_reached(named=False)
            case "daily_limit":
                return errors.daily_limit_reached()
            case "migrating":
                return errors.migrating(3600)
            case "server_error":
                return errors.server_error(self.status)
            case "cloudflare":
                return errors.bad_gateway_page()
            case _:
                return None


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def set(self, rules: Iterable[Mapping[str, Any]]) -> None:
        """Replace all rules.

        Raises:
            UnknownFault: A rule is of no known kind or has a field that no rule has.
        """
        known = {each.name for each in fields(Rule) if each.init}
        parsed = []
        for rule in rules:
            if surplus := set(rule) - known:
                raise UnknownFault(f"A fault has no field {sorted(surplus)[0]!r}; it has {', '.join(sorted(known))}.")
            parsed.append(Rule(**rule))
        self.rules = parsed

    def hit(self, method: str, target: str) -> Rule | None:
        """The rule that this request runs into."""
        return next((rule for rule in self.rules if rule.due(method, target)), None)
