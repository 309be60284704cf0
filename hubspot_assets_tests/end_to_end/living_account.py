"""What people do in a HubSpot account, by the roll of a seeded die."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets_tests.end_to_end.simulated_time import SimulatedTime

EVERYDAY: Mapping[str, int] = {
    "edit": 8,
    "create": 4,
    "archive": 2,
    "restore and edit": 1,
    "merge": 1,
    "purge from the recycle bin": 1,
}
"""What happens, and how often beside the others: what plain syncs of both partitions learn of."""
UNNOTICED: Mapping[str, int] = {"purge": 1, "restore": 1, "recalculate": 2}
"""What moves no last-modified: only reading everything tells."""


class LivingAccount:
    """An account whose records change at random moments.

    Args:
        portal: The account.
        time: When things happen.
        text_property: By object type, a property that people edit; these types live.
        seed: Of all chance.

    Attributes:
        last_change: When something last happened.
        done: How often what was done.
    """

    def __init__(self, portal: Portal, time: SimulatedTime, text_property: Mapping[str, str], seed: int) -> None:
        self._portal = portal
        self._time = time
        self._text = text_property
        self._random = Random(seed)
        self._bag: list[str] = []
        self.last_change = time.now()
        self.done: dict[str, int] = {}
        truths = {name: portal.truth(name) for name in text_property}
        self._live = {name: sorted(truth.live) for name, truth in truths.items()}
        self._archived = {name: sorted(truth.archived) for name, truth in truths.items()}
        # Who merged into a record that was purged before any sync met it, nobody can tell.
        self._survivors = {name: set(truth.merged.values()) for name, truth in truths.items()}

    def live(self, until: datetime, things: int, *, unnoticed: bool = True) -> None:
        """Let so many things happen, evenly until an instant, some of them unnoticed by last-modified."""
        apart = (until - self._time.now()) / (things + 1)
        for _ in range(things):
            self._time.sleep(apart / timedelta(seconds=1))
            self.happen(self._next(unnoticed=unnoticed), self._random.choice(list(self._text)))
        self._time.until(until)

    def happen(self, what: str, name: str) -> None:
        """Do one thing to some records of an object type, as far as there are any that it can be done to."""
        live, archived = self._live[name], self._archived[name]
        purgeable = [id_ for id_ in archived if id_ not in self._survivors[name]]
        match what:
            case "edit":
                self._portal.change(name, {self._text[name]: self._word()}, ids=self._random.sample(live, 3))
            case "recalculate":
                ids = self._random.sample(live, 2)
                self._portal.change(name, {self._text[name]: self._word()}, ids=ids, touch=False)
            case "create":
                live.append(self._portal.create(name, {self._text[name]: self._word()}))
            case "archive":
                chosen = self._random.sample(live, 2)
                self._portal.archive(name, chosen)
                self._move(chosen, live, archived)
            case "restore" | "restore and edit" if archived:
                chosen = [self._random.choice(archived)]
                self._portal.restore(name, chosen, touch=what != "restore")
                self._move(chosen, archived, live)
            case "merge":
                survivor, absorbed = self._random.sample(live, 2)
                remains = self._portal.merge(name, survivor, [absorbed], mint=self._random.random() < 0.5)
                self._move([survivor, absorbed], live, [])
                live.append(remains)
                self._survivors[name] |= {survivor, absorbed, remains}
            case "purge":
                chosen = [self._random.choice([id_ for id_ in live if id_ not in self._survivors[name]])]
                self._portal.purge(name, chosen)
                self._move(chosen, live, [])
            case "purge from the recycle bin" if purgeable:
                chosen = [self._random.choice(purgeable)]
                self._portal.purge(name, chosen)
                self._move(chosen, archived, [])
            case _:
                return
        self.changed(what)

    def changed(self, what: str) -> None:
        """Note that something happened just now."""
        self.last_change = self._time.now()
        self.done[what] = self.done.get(what, 0) + 1

    def some(self, name: str, number: int) -> list[int]:
        """Ids of some live records of an object type."""
        return self._random.sample(self._live[name], number)

    def _next(self, *, unnoticed: bool) -> str:
        """What happens next: drawn from a bag, so that everything does in time."""
        while True:
            if not self._bag:
                happens = {**EVERYDAY, **UNNOTICED}
                self._bag = self._random.sample(list(happens), sum(happens.values()), counts=list(happens.values()))
            what = self._bag.pop()
            if unnoticed or what not in UNNOTICED:
                return what

    def _word(self) -> str:
        return f"{self._random.choice(['Ada', 'Grace', 'Mary'])} {self._random.randrange(10_000)}"

    @staticmethod
    def _move(ids: list[int], source: list[int], target: list[int]) -> None:
        for id_ in ids:
            source.remove(id_)
            target.append(id_)
