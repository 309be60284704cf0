"""Whatever people, crashes and syncs do to associations, in whatever order, both directions end equal to the portal."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.sync import associations
from hubspot_assets.warehouse.base import Warehouse
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.sync.records.crashing import Crash, Crashing
from hubspot_assets_tests.sync.relating import Relating
from hubspot_assets_tests.variety import examples

LABELS = (None, "Primary", "Decision maker", "ERP customer")
CHANGES = ("associate", "take a label off", "take apart", "archive", "restore", "merge", "purge")
SYNCS = ("records", "recycle bin", "associations", "everything")

number = st.integers(0, 1_000)
step = st.tuples(st.sampled_from((*CHANGES, *CHANGES, *SYNCS)), number, number, st.integers(0, 4))
history = st.lists(step, min_size=1, max_size=14)


class Play:
    """One example: contacts and companies as at their start, an empty warehouse, and what happens to them."""

    def __init__(self, portal: Portal, client: Client, warehouse: Crashing) -> None:
        portal.reset()
        self.portal = portal
        self.warehouse = warehouse
        self.relating = Relating(portal, client, warehouse)
        self.relating.tick()

    def do(self, what: str, first: int, second: int, third: int) -> None:
        if what in SYNCS:
            self.sync(what, third)
        else:
            self.change(what, first, second, LABELS[third % len(LABELS)])

    def change(self, what: str, first: int, second: int, label: str | None) -> None:
        """People edit associations while they edit records; what nothing tells of, only the end can know."""
        portal = self.portal
        contacts, companies = portal.ids("contacts"), portal.ids("companies")
        contact, other = contacts[first % len(contacts)], contacts[second % len(contacts)]
        company = companies[second % len(companies)]
        linked = sorted({(one, to) for one, to, *_ in portal.associations("contacts", "companies")})
        match what:
            case "associate":
                portal.associate("contacts", contact, "companies", company, label=label)
                portal.change("contacts", {"firstname": f"N{second}"}, ids=[contact])
            case "take a label off" | "take apart" if linked:
                one, to = linked[first % len(linked)]
                # A label that the pair does not have cannot be taken off.
                labels = {
                    each[4] for each in portal.association_truth("contacts", "companies") if each[:2] == (one, to)
                }
                only = label if what == "take a label off" and label in labels else None
                portal.dissociate("contacts", one, "companies", to, label=only)
            case "archive":
                portal.archive("contacts", [contact])
            case "restore":
                if archived := sorted(portal.truth("contacts").archived):
                    id_ = archived[first % len(archived)]
                    # One that no sync has met, and that comes back as it was, only a full one of the records can find.
                    portal.restore("contacts", [id_], touch=id_ not in self._met())
            case "merge" if contact != other:
                portal.merge("contacts", contact, [other])
            case "purge":
                portal.purge("companies", [company])

    def _met(self) -> set[int]:
        """Contacts that the table has."""
        return set(self.warehouse.read("OBJECTS_CONTACTS", ["OBJECTID"])["OBJECTID"].to_pylist())

    def sync(self, what: str, crash: int) -> None:
        """Sync; with a crash after one of the first commits, unless `crash` is 0."""
        if crash:
            self.warehouse.crash(crash, after=crash % 2 == 0)
        with suppress(Crash):
            match what:
                case "records":
                    self.relating.records()
                case "recycle bin":
                    self.relating.records(archived=True)
                case _:
                    self.relating.associations(full=what == "everything")
        self.warehouse.crash(0)

    def end(self) -> None:
        """The daily run knows everything; what it began by going on, the next one brings to its end."""
        for _ in range(2):
            self.relating.records(archived=True)
            self.relating.associations(full=True)
        self.relating.assert_equal()
        assert all(report.idle for report in self.relating.associations().values())


@pytest.fixture(scope="module")
def village() -> Iterator[Portal]:
    """Ten ids a request, ten rows a commit: there is much to cut short."""
    with (
        Portal.start(sizes={"contacts": 40, "companies": 15}) as portal,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(associations, "BATCH_SIZE", 10)
        patch.setattr(associations, "FEW_REQUESTS", 0)
        patch.setattr("hubspot_assets.hubspot.associations.BATCH_SIZE", 10)
        yield portal


@settings(max_examples=examples(4), deadline=None, database=None, phases=(Phase.generate,))
@given(history)
def test_any_interleaving_of_edits_crashes_and_syncs_ends_equal_to_the_portal(village: Portal, history) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Client(AccessToken(village.token), base_url=village.url, budgets=Budgets.unlimited()) as client,
    ):
        play = Play(village, client, Crashing(Path(folder, "hubspot.duckdb"), chunk_rows=10))
        for each in history:
            play.do(*each)
        play.end()


@pytest.fixture(params=["duckdb", "snowflake"])
def each_warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    if request.param == "duckdb":
        yield DuckDBWarehouse(tmp_path / "hubspot.duckdb")
        return
    with closing(request.getfixturevalue("snowflake_server").warehouse()) as warehouse:
        yield warehouse


def test_edits_of_every_kind_arrive_in_every_destination_through_faults_and_limits(
    village: Portal, connect: Callable[..., Client], each_warehouse: Warehouse
) -> None:
    village.reset()
    village.limits()
    relating = Relating(village, connect(village, Budgets.local("associations under limits")), each_warehouse)
    kinds = ("server_error", "burst_limit", "reset", "truncated")
    village.faults([{"kind": kind, "probability": 0.005, "seed": 7} for kind in kinds])
    relating.tick()
    contacts, companies = village.ids("contacts"), village.ids("companies")
    (one, first), (two, second) = sorted({each[:2] for each in village.associations("contacts", "companies")})[:2]
    for label in LABELS:
        village.associate("contacts", contacts[-1], "companies", companies[-1], label=label)
    village.dissociate("contacts", one, "companies", first)
    village.associate("contacts", two, "companies", second, label="Decision maker")
    village.archive("companies", [companies[3]])
    village.merge("contacts", contacts[5], [contacts[6]])
    relating.records(archived=True)
    relating.associations(full=True)
    relating.assert_equal()
    ended = [row for row in relating.rows("contacts", "companies") if row["REMOVEDAT"]]
    assert {(one, first)} <= {(row["CONTACT_OBJECTID"], row["COMPANY_OBJECTID"]) for row in ended}
