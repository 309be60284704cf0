"""Associations are what HubSpot says they are, in both directions, and cost what changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hubspot_assets.hubspot.transport.errors import HubSpotError
from hubspot_assets.sync import associations
from hubspot_assets.sync.associations import AssociationsSource
from hubspot_assets.sync.source import Batch, Mode, Unavailable
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.filled_once import filled_once
from hubspot_assets_tests.sync.records.crashing import Crash, Crashing
from hubspot_assets_tests.sync.relating import Relating


@pytest.fixture
def related(related: Relating, tmp_path: Path, first_sync: Path) -> Relating:
    """Contacts and companies, synced twice, the last time an hour ago."""

    def fill() -> None:
        related.assert_equal()
        related.portal.advance(7_200)
        related.tick()

    filled_once(tmp_path / "hubspot.duckdb", first_sync, fill)
    related.portal.reset()
    # Later than the copy, however long that took.
    related.portal.advance(10_800)
    related.calls()
    return related


@pytest.fixture
def afresh(related: Relating, tmp_path: Path, monkeypatch) -> Relating:
    """Contacts and companies in a new file, and associations that come in many small batches."""
    for module in ("sync", "hubspot"):
        monkeypatch.setattr(f"hubspot_assets.{module}.associations.BATCH_SIZE", 20)
    related.warehouse = DuckDBWarehouse(tmp_path / "afresh.duckdb")
    related.records()
    return related


@pytest.fixture
def hundreds(related: Relating, monkeypatch) -> Relating:
    """The same, as if everything were too much to be read at each change."""
    monkeypatch.setattr(associations, "FEW_REQUESTS", 0)
    return related


def test_a_first_sync_brings_every_association_with_every_label(related: Relating) -> None:
    rows = related.rows("contacts", "companies")
    assert {row["LABEL"] for row in rows} >= {None, "Primary"}
    for row in rows:
        assert row["ISMAINASSOCIATIONDEFINITION"] is (row["LABEL"] == "Primary")
        assert row["REMOVEDAT"] is None


def test_an_idle_tick_asks_hubspot_for_nothing_and_writes_nothing(related: Relating) -> None:
    before = related.warehouse.count("SYNCS")
    reports = related.associations()
    assert related.calls() == 0
    assert all(report.idle and report.covered_until for report in reports.values())
    assert related.warehouse.count("SYNCS") == before


def test_edits_between_ticks_are_found_from_either_side(hundreds: Relating) -> None:
    portal = hundreds.portal
    contacts, companies = portal.ids("contacts"), portal.ids("companies")
    linked = next(iter(portal.associations("contacts", "companies")))
    portal.associate("contacts", contacts[0], "companies", companies[0], label="Primary")
    portal.associate("companies", companies[1], "contacts", contacts[1])
    portal.dissociate("contacts", linked[0], "companies", linked[1])
    # People edit associations while they edit records; of the rest nothing tells before the daily run.
    portal.change("contacts", {"firstname": "Edited"}, ids=[contacts[0], linked[0]])
    portal.change("companies", {"name": "Edited"}, ids=[companies[1]])
    hundreds.calls()
    for _ in range(2):
        hundreds.tick()
    hundreds.assert_equal()
    assert any(row["REMOVEDAT"] for row in hundreds.rows("contacts", "companies"))
    hundreds.calls()
    assert all(report.idle for report in hundreds.associations().values())
    assert hundreds.calls() == 0


def test_what_nothing_tells_of_is_found_by_a_full_run(hundreds: Relating) -> None:
    linked = next(iter(hundreds.portal.associations("contacts", "companies")))
    hundreds.portal.dissociate("contacts", linked[0], "companies", linked[1])
    hundreds.tick()
    reports = hundreds.associations(full=True)
    assert {report.mode for report in reports.values()} == {Mode.FULL}
    assert reports["contacts to companies"].counts.removed > 0
    hundreds.assert_equal()


def test_an_association_that_comes_back_loses_its_mark(related: Relating) -> None:
    one, other, *_ = next(iter(related.portal.associations("contacts", "companies")))
    related.portal.dissociate("contacts", one, "companies", other)
    related.associations(full=True)
    gone = [row for row in related.rows("contacts", "companies") if row["REMOVEDAT"]]
    assert {(row["CONTACT_OBJECTID"], row["COMPANY_OBJECTID"]) for row in gone} == {(one, other)}
    for row in gone:
        related.portal.associate("contacts", one, "companies", other, label=row["LABEL"])
    related.associations(full=True)
    related.assert_equal()
    assert not [row for row in related.rows("contacts", "companies") if row["REMOVEDAT"]]


@pytest.mark.parametrize("end", ["archive", "purge", "merge"])
def test_a_record_that_goes_ends_its_associations_on_both_sides(hundreds: Relating, end: str) -> None:
    portal = hundreds.portal
    pairs = list(portal.associations("contacts", "companies"))
    gone = pairs[0][0]
    match end:
        case "archive":
            portal.archive("contacts", [gone])
        case "purge":
            portal.purge("contacts", [gone])
        case "merge":
            portal.merge("contacts", next(id_ for id_ in portal.ids("contacts") if id_ != gone), [gone])
    if end == "purge":
        # Only a full sync of the records knows.
        hundreds.records()
        hundreds.associations(full=True)
    else:
        hundreds.records(archived=True)
        hundreds.associations()
        hundreds.tick()
    hundreds.assert_equal()


def test_a_pair_that_hubspot_does_not_know_is_no_failure_and_said_once(related: Relating) -> None:
    strangers = Relating(related.portal, related.client, related.warehouse, ("contacts", "goals"), related.said)
    strangers.tick()
    report = strangers.associations()["contacts to goals"]
    assert report.idle
    assert "does not associate" in (report.unavailable or "")
    assert strangers.calls() > 0
    strangers.associations()
    assert strangers.calls() == 0


def test_a_pair_that_stands_one_way_only_is_empty_the_other_way(related: Relating) -> None:
    leads = Relating(related.portal, related.client, related.warehouse, ("leads", "deals"))
    leads.portal.associate("leads", leads.portal.ids("leads")[0], "deals", leads.portal.ids("deals")[0])
    leads.tick()
    leads.assert_equal()
    assert leads.stored("leads", "deals")
    assert not leads.stored("deals", "leads")


def test_a_record_with_twelve_thousand_associations_is_read_whole(related: Relating) -> None:
    portal, company = related.portal, related.portal.ids("companies")[0]
    created = portal.create_many("contacts", [{"email": f"p{number}@many.example"} for number in range(12_000)])
    portal.associate_many("companies", company, "contacts", created)
    related.tick()
    related.assert_equal()


def test_a_sync_that_crashes_goes_on_and_misses_nothing_that_changed_meanwhile(
    related: Relating, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(associations, "BATCH_SIZE", 20)
    monkeypatch.setattr("hubspot_assets.hubspot.associations.BATCH_SIZE", 20)
    warehouse = related.warehouse = Crashing(tmp_path / "crashing.duckdb", chunk_rows=20)
    related.records(archived=True)
    warehouse.crash(3, after=True)
    with pytest.raises(Crash):
        related.associations()
    warehouse.crash(0)
    contacts, companies = related.portal.ids("contacts"), related.portal.ids("companies")
    for contact in contacts[:3]:
        related.portal.associate("contacts", contact, "companies", companies[-1])
    related.portal.change("contacts", {"firstname": "Edited"}, ids=contacts[:3])
    related.records()
    related.calls()
    related.associations()
    related.tick()
    related.assert_equal()


def test_a_sync_that_crashed_with_nothing_left_is_brought_to_its_end(related: Relating, tmp_path, monkeypatch) -> None:
    warehouse = related.warehouse = Crashing(tmp_path / "crashing.duckdb", chunk_rows=20)
    related.tick()
    monkeypatch.setattr(associations, "FEW_REQUESTS", 0)
    related.portal.change("contacts", {"firstname": "Edited"}, ids=related.portal.ids("contacts"))
    related.records()
    warehouse.crash(1, after=True)
    with pytest.raises(Crash):
        related.associations()
    warehouse.crash(0)
    assert not related.associations()["contacts to companies"].idle
    assert all(report.idle for report in related.associations().values())
    related.assert_equal()


def test_what_changed_after_a_first_crash_is_read_though_the_next_sync_crashes_too(afresh: Relating) -> None:
    contact, company = afresh.portal.ids("contacts")[0], afresh.portal.ids("companies")[-1]
    with pytest.raises(KeyboardInterrupt):
        afresh.run(dying(afresh.source("contacts", "companies"), lambda read: contact in read))
    afresh.portal.associate("contacts", contact, "companies", company)
    afresh.portal.change("contacts", {"firstname": "Edited"}, ids=[contact])
    afresh.records()
    with pytest.raises(KeyboardInterrupt):
        afresh.run(dying(afresh.source("contacts", "companies"), lambda read: contact not in read))
    afresh.run(afresh.source("contacts", "companies"))
    assert afresh.stored("contacts", "companies") == afresh.truth("contacts", "companies")


def dying(source: AssociationsSource, last: Callable[[list[int]], bool]) -> AssociationsSource:
    """The source, which brings one batch that a condition is true of, and then is interrupted."""
    read = source.read

    def interrupted(plan, work):
        yield next(batch for batch in read(plan, work) if last(records_of(batch)))
        raise KeyboardInterrupt

    source.read = interrupted
    return source


def records_of(batch: Batch) -> list[int]:
    [part] = batch.parts
    assert part.scopes is not None
    return part.scopes.column(0).to_pylist()


def test_records_that_the_warehouse_has_lost_keep_the_associations_that_hubspot_still_has(related: Relating) -> None:
    related.warehouse.drop("OBJECTS_CONTACTS")
    one, other, *_ = next(iter(related.portal.associations("contacts", "companies")))
    related.portal.dissociate("contacts", one, "companies", other)
    related.associations()
    related.associations(full=True)
    related.assert_equal()
    assert {row["CONTACT_OBJECTID"] for row in related.rows("contacts", "companies") if row["REMOVEDAT"]} == {one}


def test_the_associations_of_a_restored_record_stand_again_though_one_direction_is_all_there_is(
    hundreds: Relating,
) -> None:
    hundreds.warehouse.drop("ASSOCIATIONS_COMPANIES_TO_CONTACTS")
    _, company, *_ = next(iter(hundreds.portal.associations("contacts", "companies")))
    for turn in (hundreds.portal.archive, hundreds.portal.restore):
        turn("companies", [company])
        hundreds.records(archived=True)
        hundreds.run(hundreds.source("contacts", "companies"))
        assert hundreds.stored("contacts", "companies") == hundreds.truth("contacts", "companies")


def test_a_refusal_in_the_middle_of_a_read_is_a_failure_and_the_next_sync_reads_the_rest(afresh: Relating) -> None:
    afresh.portal.faults([{"kind": "forbidden", "path": "associations/.*/batch/read", "nth": [4]}])
    with pytest.raises(Unavailable):
        afresh.run(afresh.source("contacts", "companies"))
    afresh.portal.faults()
    afresh.run(afresh.source("contacts", "companies"))
    assert afresh.stored("contacts", "companies") == afresh.truth("contacts", "companies")


def test_faulty_answers_are_asked_for_again(related: Relating) -> None:
    kinds = ("server_error", "burst_limit", "reset", "truncated")
    related.portal.faults([{"kind": kind, "probability": 0.05, "seed": 1} for kind in kinds])
    try:
        related.associations(full=True)
    except HubSpotError:
        related.associations(full=True)
    related.portal.faults()
    related.assert_equal()
