"""Forms, e-mails, campaigns and their like: read whole, and written only where they differ."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.sync.campaigns import CampaignsSource
from hubspot_assets.sync.form_submissions import FormSubmissionsSource
from hubspot_assets.sync.marketing import MarketingReading
from hubspot_assets.sync.reference import ReferenceSource
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.run import run
from hubspot_assets.sync.source import Source, Unavailable
from hubspot_assets.warehouse.base import Warehouse
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse

PARTICIPATIONS = "marketing_event_participations"
KINDS = {
    "forms": ("FORMID", "forms"),
    "marketing_emails": ("EMAILID", "marketing_emails"),
    "campaigns": ("CAMPAIGNID", "campaigns"),
    "subscription_definitions": ("SUBSCRIPTIONID", "subscriptions"),
    "workflows": ("WORKFLOWID", "workflows"),
    "marketing_events": ("MARKETINGEVENTID", "marketing_events"),
}
"""Tables of things: the column of their ids, and what the portal calls them."""
SCOPES = {
    "forms": "forms",
    "marketing_emails": "content",
    "campaigns": "marketing.campaigns.read",
    "subscription_definitions": "communication_preferences.read",
    "workflows": "automation",
    "marketing_events": "crm.objects.marketing_events.read",
    "marketing_event_participations": "crm.objects.marketing_events.read",
}


def email_of(body: Mapping[str, Any]) -> str | None:
    return next((each["value"] for each in body["values"] if each["name"] == "email"), None)


class Marketing:
    """Syncs of the tables of marketing."""

    def __init__(self, portal: Portal, client: Client, warehouse: Warehouse) -> None:
        self.portal, self.client, self.warehouse = portal, client, warehouse

    def sync(self, name: str, full: bool = False) -> Report:
        return run(self.source(name, full), self.warehouse, self.client, run_id="test", say=print)

    def source(self, name: str, full: bool) -> Source:
        if name == "campaigns":
            return CampaignsSource(self.client, full)
        reading = MarketingReading(self.client)
        return ReferenceSource(self.client, name, reading.tables[name], getattr(reading, name), full=full)

    def submissions(self, **options) -> Report:
        source = FormSubmissionsSource(self.client, lambda: MarketingReading(self.client).found_forms, **options)
        return run(source, self.warehouse, self.client, run_id="test", say=print)

    def has_all_submissions(self) -> bool:
        found = [(row["FORMID"], row["SUBMITTEDAT"], row["EMAIL"]) for row in self.rows("form_submissions")]
        truth = [
            (form, datetime.fromtimestamp(body["submittedAt"] / 1000, UTC).replace(tzinfo=None), email_of(body))
            for form, body in self.portal.moments("submissions")
        ]
        return Counter(found) == Counter(truth)

    def rows(self, name: str) -> list[dict]:
        return self.warehouse.read(name.upper()).to_pylist()


@pytest.fixture(scope="module")
def company() -> Iterator[Portal]:
    with Portal.start(sizes={"contacts": 300}, properties={"contacts": 8}) as portal:
        yield portal


@pytest.fixture
def portal(company: Portal) -> Portal:
    company.reset()
    return company


@pytest.fixture
def marketing(portal: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse) -> Marketing:
    return Marketing(portal, connect(portal), warehouse)


@pytest.mark.parametrize("name", list(SCOPES))
def test_every_table_is_filled_and_an_equal_answer_writes_nothing(marketing: Marketing, name: str) -> None:
    first = marketing.sync(name)
    assert first.counts.inserted == len(marketing.rows(name)) > 0
    syncs = marketing.warehouse.count("SYNCS")
    assert marketing.sync(name).idle
    assert marketing.sync(name, full=True).idle
    assert marketing.warehouse.count("SYNCS") == syncs


@pytest.mark.parametrize("name", list(KINDS))
def test_a_table_has_what_the_portal_has_and_marks_what_it_has_no_more(marketing: Marketing, name: str) -> None:
    column, kind = KINDS[name]
    marketing.sync(name)
    truth = marketing.portal.things(kind)
    assert {str(row[column]) for row in marketing.rows(name)} == truth.keys()
    gone = min(truth)
    marketing.portal.remove_thing(kind, gone)
    assert marketing.sync(name).counts.removed == 1
    assert {str(row[column]) for row in marketing.rows(name) if row["DELETEDAT"]} == {gone}
    assert marketing.sync(name).idle


@pytest.mark.parametrize(("name", "told"), [("forms", "name"), ("marketing_emails", "subject"), ("workflows", "name")])
def test_an_edit_updates_one_row(marketing: Marketing, name: str, told: str) -> None:
    column, kind = KINDS[name]
    marketing.sync(name)
    edited = min(marketing.portal.things(kind))
    marketing.portal.put_thing(kind, edited, **{told: "Edited"})
    counts = marketing.sync(name).counts
    assert (counts.inserted, counts.updated, counts.removed) == (0, 1, 0)
    truth = {id_: each[told] for id_, each in marketing.portal.things(kind).items()}
    assert {str(row[column]): row[told.upper()] for row in marketing.rows(name)} == truth


def test_new_statistics_of_an_email_are_noticed(marketing: Marketing) -> None:
    marketing.sync("marketing_emails")
    sent = next(id_ for id_, each in marketing.portal.things("marketing_emails").items() if each.get("stats"))
    marketing.portal.put_thing("marketing_emails", sent, stats={"counters": {"sent": 9, "open": 8}})
    assert marketing.sync("marketing_emails").counts.updated == 1
    [row] = [row for row in marketing.rows("marketing_emails") if row["EMAILID"] == sent]
    assert (row["SENT"], row["OPENED"]) == (9, 8)


def test_participations_are_those_of_the_portal(marketing: Marketing) -> None:
    marketing.sync("marketing_event_participations")
    found = {(str(row["MARKETINGEVENTID"]), row["PARTICIPATIONID"]) for row in marketing.rows(PARTICIPATIONS)}
    assert found == {(event, body["id"]) for event, body in marketing.portal.moments("participations")}
    gone = next(event for event, _ in marketing.portal.moments("participations"))
    marketing.portal.remove_thing("marketing_events", gone)
    marketing.sync("marketing_event_participations")
    assert {str(row["MARKETINGEVENTID"]) for row in marketing.rows(PARTICIPATIONS) if row["REMOVEDAT"]} == {gone}


def test_campaigns_have_the_properties_that_may_be_read_and_remember_those_that_may_not(marketing: Marketing) -> None:
    marketing.sync("campaigns")
    truth = {id_: each["properties"].get("hs_name") for id_, each in marketing.portal.things("campaigns").items()}
    assert {row["CAMPAIGNID"]: row["PROPERTY_HS_NAME"] for row in marketing.rows("campaigns")} == truth
    marketing.portal.clear_requests()
    assert marketing.sync("campaigns").idle
    # The definitions in three sensitivities, the list, and the metrics of each.
    assert len(marketing.portal.requests()) == 4 + len(truth)


@pytest.mark.parametrize("name", list(SCOPES))
def test_a_scope_that_is_missing_is_said_and_no_failure(portal: Portal, warehouse: DuckDBWarehouse, name: str) -> None:
    token = portal.issue_token(without=[SCOPES[name]])
    with Client(AccessToken(token), base_url=portal.url, budgets=Budgets.unlimited()) as client:
        report = Marketing(portal, client, warehouse).sync(name)
    assert report.idle
    assert SCOPES[name] in (report.unavailable or "")


# Submissions


@pytest.fixture
def form(marketing: Marketing) -> str:
    """A form of 300 submissions more than others, all of them known."""
    portal = marketing.portal
    form = next(id_ for id_, each in portal.things("forms").items() if each["formType"] == "flow")
    portal.make_submissions(form, 300, portal.now() - timedelta(days=30), portal.now() - timedelta(days=1))
    marketing.submissions()
    return form


def test_all_submissions_are_read_once_and_an_idle_sync_asks_one_page_of_each_form(
    marketing: Marketing, form: str
) -> None:
    assert marketing.has_all_submissions()
    syncs = marketing.warehouse.count("SYNCS")
    marketing.portal.clear_requests()
    again = marketing.submissions()
    assert again.idle
    assert again.counts.inserted == 0
    assert marketing.warehouse.count("SYNCS") == syncs
    assert len(marketing.portal.requests("submissions")) == len(marketing.portal.things("forms"))


def test_new_submissions_are_read_and_no_known_ones(marketing: Marketing, form: str) -> None:
    marketing.portal.submit_form(form, [f"{number}@x.example" for number in range(12)])
    report = marketing.submissions()
    assert (report.rows_read, report.counts.inserted) == (12, 12)
    assert marketing.has_all_submissions()
    assert marketing.submissions().idle


def test_submissions_of_the_last_known_instant_are_not_lost(marketing: Marketing, form: str) -> None:
    at = marketing.portal.now()
    marketing.portal.submit_form(form, ["a@x.example"], at=at)
    marketing.submissions()
    marketing.portal.submit_form(form, ["b@x.example"], at=at)
    assert marketing.submissions().counts.inserted == 1
    assert marketing.has_all_submissions()


def test_a_full_sync_finds_submissions_that_came_late_and_changes_no_other(marketing: Marketing, form: str) -> None:
    marketing.portal.submit_form(form, ["late@x.example"], at=marketing.portal.now() - timedelta(days=20))
    report = marketing.submissions(full=True)
    assert (report.counts.inserted, report.counts.updated) == (1, 0)
    assert marketing.has_all_submissions()


def test_what_a_sync_that_died_did_not_reach_is_read_by_the_next(marketing: Marketing, form: str) -> None:
    portal = marketing.portal
    portal.submit_form(form, [f"{number}@x.example" for number in range(170)])
    source = FormSubmissionsSource(marketing.client, lambda: MarketingReading(marketing.client).found_forms)
    read = source.read

    def dying(plan, work):
        yield next(read(plan, work))
        raise KeyboardInterrupt

    source.read = dying
    with pytest.raises(KeyboardInterrupt):
        run(source, marketing.warehouse, marketing.client, run_id="test", say=print)
    assert not marketing.has_all_submissions()
    marketing.submissions()
    assert marketing.has_all_submissions()
    assert marketing.submissions().idle


def test_a_refusal_in_the_middle_is_a_failure_and_the_next_sync_reads_what_is_missing(
    marketing: Marketing, form: str
) -> None:
    portal = marketing.portal
    portal.submit_form(form, [f"{number}@x.example" for number in range(170)])
    portal.faults([{"kind": "forbidden", "path": f"forms/{form}.*after=", "nth": [2]}])
    with pytest.raises(Unavailable):
        marketing.submissions()
    portal.faults()
    marketing.submissions()
    assert marketing.has_all_submissions()


def test_all_submissions_are_read_in_trouble_too(marketing: Marketing, form: str) -> None:
    portal = marketing.portal
    portal.make_submissions(form, 2_000, portal.now() - timedelta(days=1), portal.now())
    kinds = ("server_error", "truncated", "reset", "empty")
    portal.faults([{"kind": kind, "probability": 0.02, "seed": number} for number, kind in enumerate(kinds)])
    marketing.submissions()
    assert marketing.has_all_submissions()


def test_submissions_without_their_scope_are_said_and_no_failure(portal: Portal, warehouse: DuckDBWarehouse) -> None:
    token = portal.issue_token(without=["forms"])
    with Client(AccessToken(token), base_url=portal.url, budgets=Budgets.unlimited()) as client:
        report = Marketing(portal, client, warehouse).submissions()
    assert "forms" in (report.unavailable or "")
