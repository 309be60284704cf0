"""Marketing: forms, e-mails, campaigns and their like are what the portal has, whatever happens meanwhile."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.campaigns import USUAL_PROPERTIES, campaign_metrics, campaigns
from hubspot_assets.hubspot.email_events import read_email_events
from hubspot_assets.hubspot.forms import Submission, SubmissionPage, SubmissionsOf, SubmissionsRead, forms
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.marketing_emails import marketing_emails
from hubspot_assets.hubspot.marketing_events import marketing_events, participations
from hubspot_assets.hubspot.span_read import Span
from hubspot_assets.hubspot.subscriptions import read_subscription_changes, subscription_definitions
from hubspot_assets.hubspot.transport import errors, legacy
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.hubspot.workflows import workflows
from hubspot_assets_tests.hubspot.scripted_server import Reply

KINDS = ("server_error", "truncated", "reset", "empty")


@pytest.fixture(scope="module")
def company() -> Iterator[Portal]:
    with Portal.start(sizes={"contacts": 300}, properties={"contacts": 8}) as portal:
        yield portal


@pytest.fixture
def portal(company: Portal) -> Portal:
    company.reset()
    return company


@pytest.fixture
def client(portal: Portal) -> Iterator[Client]:
    with Client(AccessToken(portal.token), base_url=portal.url, budgets=Budgets.unlimited()) as client:
        yield client


def trouble(portal: Portal) -> None:
    portal.faults([{"kind": kind, "probability": 0.02, "seed": number} for number, kind in enumerate(KINDS)])


def form_of(portal: Portal, kind: str) -> str:
    return next(id_ for id_, form in portal.things("forms").items() if form["formType"] == kind)


def told(page: SubmissionPage) -> list[tuple[str, int, str | None]]:
    return [(page.form_id, each.submitted_at, each.email) for each in page.submissions]


# Forms


def test_forms_of_all_types_are_read_archived_ones_too(portal, client):
    for number in range(700):
        portal.put_thing("forms", f"f-{number}", name=f"F {number}", formType="hubspot", archived=number % 9 == 0)
    truth = portal.things("forms")
    found = {each.id: each for each in forms(client)}
    assert {id_: each.fields for id_, each in found.items()} == truth
    assert {id_ for id_, each in found.items() if each.archived} == {i for i, f in truth.items() if f.get("archived")}
    assert len(portal.requests("forms")) == 3


def test_a_form_that_is_archived_between_two_requests_is_not_lost(portal, client):
    id_ = form_of(portal, "flow")
    change = {"kind": "forms", "id": id_, "archived": True}
    portal.faults([{"kind": "run", "path": "archived=true", "order": "put_thing", "arguments": change}])
    assert next(each for each in forms(client) if each.id == id_).archived


def test_all_submissions_of_all_forms_are_read_in_trouble_too(portal, client):
    portal.make_submissions(form_of(portal, "flow"), 2_000, portal.now() - timedelta(days=30), portal.now())
    trouble(portal)
    questions = [SubmissionsOf(each.id, each.form_type) for each in forms(client)]
    pages = list(SubmissionsRead(client, questions))
    truth = [(of, body["submittedAt"], body["values"][0]["value"]) for of, body in portal.moments("submissions")]
    assert Counter(each for page in pages for each in told(page)) == Counter(truth)
    assert Counter(page.form_id for page in pages if page.done) == Counter(each.form_id for each in questions)
    assert [page.form_id for page in pages if page.refused] == [form_of(portal, "blog_comment")]
    assert client.usage().retries > 0


def test_twelve_new_of_thirty_thousand_cost_one_page(portal, client):
    form, now = form_of(portal, "flow"), portal.now()
    portal.make_submissions(form, 30_000, now - timedelta(days=300), now - timedelta(days=1))
    latest = max(body["submittedAt"] for of, body in portal.moments("submissions") if of == form)
    portal.submit_form(form, [f"{number}@x.example" for number in range(12)])
    (page,) = SubmissionsRead(client, [SubmissionsOf(form, "flow", latest)])
    assert page.done
    assert {f"{number}@x.example" for number in range(12)} <= {each.email for each in page.submissions}
    assert len(portal.requests("submissions")) == 1


def test_submissions_of_the_known_instant_are_read_again(portal, client):
    form, at = form_of(portal, "flow"), portal.now()
    portal.submit_form(form, [f"{number}@x.example" for number in range(120)], at=at)
    pages = list(SubmissionsRead(client, [SubmissionsOf(form, "flow", round(at.timestamp() * 1000))]))
    assert sum(each.submitted_at == round(at.timestamp() * 1000) for p in pages for each in p.submissions) == 120


def test_a_submission_without_an_id_has_the_same_digest_at_every_reading(portal, client):
    form = form_of(portal, "captured")
    portal.submit_form(form, ["a@x.example", "b@x.example"], identified=False)
    first, second = (
        [each.id for page in SubmissionsRead(client, [SubmissionsOf(form)]) for each in page.submissions]
        for _ in range(2)
    )
    assert first == second
    assert len(set(first)) == len(first)
    assert sum(each.startswith("digest-") for each in first) >= 2
    values = [{"name": "b", "value": "\ud800"}, {"name": "A", "value": "1"}]
    assert Submission(7, values).id == Submission(7, values[::-1]).id != Submission(8, values).id
    assert Submission(7, [{"name": "Email", "value": "x@y"}]).email == "x@y"


def test_a_form_whose_type_has_no_submissions_or_that_is_gone_keeps_out_no_other(portal, client):
    portal.put_thing("forms", "odd", name="Odd", formType="blog_comment", archived=False)
    flow = form_of(portal, "flow")
    questions = [
        SubmissionsOf("odd", "of a type to come"),
        SubmissionsOf("gone", "hubspot"),
        SubmissionsOf(flow, "flow"),
    ]
    pages = list(SubmissionsRead(client, questions))
    assert sorted(page.form_id for page in pages if page.refused and page.done) == ["gone", "odd"]
    assert sum(len(page.submissions) for page in pages) == sum(of == flow for of, _ in portal.moments("submissions"))


def test_a_form_that_is_refused_for_another_reason_fails_the_read(serve, connect):
    server = serve(Reply(400, body={"status": "error", "message": "Invalid form", "errorType": "INVALID_FORM"}))
    with pytest.raises(errors.BadRequest, match="Invalid form"):
        list(SubmissionsRead(connect(server), [SubmissionsOf("odd", "hubspot")]))


def test_submissions_in_no_order_are_read_to_the_end(serve, connect):
    def page(*instants: int, after: str | None = None) -> Reply:
        results = [{"submittedAt": each, "values": []} for each in instants]
        return Reply(body={"results": results, **({"paging": {"next": {"after": after}}} if after else {})})

    server = serve(page(5, 9, after="a"), page(3, 2, after="b"), page(8))
    pages = list(SubmissionsRead(connect(server), [SubmissionsOf("f", None, 4)]))
    assert [each.submitted_at for page in pages for each in page.submissions] == [5, 9, 3, 2, 8]


# E-mails


def test_emails_have_their_statistics_whether_hubspot_lists_them_with_or_without(portal, client):
    for number in range(350):
        portal.put_thing("marketing_emails", str(number), name=f"E {number}", archived=number % 7 == 0, stats=None)
    trouble(portal)
    truth = portal.things("marketing_emails")
    found = {each.id: each for each in marketing_emails(client)}
    assert found.keys() == truth.keys()
    for id_, email in found.items():
        expected = {name: value for name, value in truth[id_].items() if value is not None and name != "stats"}
        assert (email.fields, email.statistics) == (expected, truth[id_].get("stats"))
    sent = next(each for each in found.values() if each.statistics)
    assert sent.email_campaign_ids == truth[sent.id]["allEmailCampaignIds"]


# Campaigns


def test_campaigns_are_read_with_all_that_may_be_read_and_what_is_refused_is_remembered(portal, client):
    for number in range(150):
        portal.put_thing("campaigns", f"c-{number}", properties={"hs_name": f"C {number}"}, businessUnits=[])
    read = campaigns(client)
    truth = portal.things("campaigns")
    assert {each.id: each.properties for each in read.campaigns} == {i: c["properties"] for i, c in truth.items()}
    assert read.refused == {"hs_createdate", "hs_lastmodifieddate", "hs_all_owner_ids", "hs_origin_asset_id"}
    assert {each.name for each in read.properties} == {*USUAL_PROPERTIES, "launch_region"}
    portal.clear_requests()
    again = campaigns(client, refused=read.refused)
    assert len(again.campaigns) == len(truth)
    assert len(portal.requests("campaigns/")) == 2


def test_without_definitions_the_usual_properties_are_asked_for(portal, client):
    portal.faults([{"kind": "forbidden", "path": "/crm/properties"}])
    assert {each.name for each in campaigns(client).properties} == set(USUAL_PROPERTIES)


def test_metrics_of_campaigns_are_read_at_once_and_missing_ones_are_none(portal, client):
    ids = [each.id for each in campaigns(client).campaigns]
    metrics = dict(campaign_metrics(client, [*ids, "gone"]))
    truth = portal.things("campaign_metrics")
    assert metrics.pop("gone") is None
    assert {i: m["sessions"] for i, m in metrics.items() if m} == {i: truth[i]["sessions"] for i in ids}


# E-mail events and subscriptions


def days(portal: Portal, count: int) -> list[Span]:
    midnight = portal.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return [Span(midnight - timedelta(days=n + 1), midnight - timedelta(days=n)) for n in range(count)]


def test_every_email_event_of_every_day_is_read_once(portal, client):
    portal.make_email_events(40_000, portal.now() - timedelta(days=2), portal.now() - timedelta(days=1))
    trouble(portal)
    spans = days(portal, 100)
    found = Counter[tuple[str, int]]()
    for page in read_email_events(client, spans):
        start, end = page.span.start.timestamp() * 1000, page.span.end.timestamp() * 1000
        assert all(start <= each.created < end for each in page.things)
        found.update((each.id, each.created) for each in page.things)
    assert found == Counter((body["id"], body["created"]) for _, body in portal.moments("email_events"))
    assert len(portal.requests("/events")) < 100 + 40 + 20


def test_changes_of_subscriptions_are_read_with_what_caused_them(portal, client):
    found = [each for page in read_subscription_changes(client, days(portal, 70)) for each in page.things]
    truth = [
        (b["recipient"], b["timestamp"], c) for _, b in portal.moments("subscription_changes") for c in b["changes"]
    ]
    assert Counter((each.recipient, each.at, each.change.subscription_id) for each in found) == Counter(
        (recipient, at, change.get("subscriptionId")) for recipient, at, change in truth
    )
    assert any(each.change.caused_by_event for each in found)
    assert any(each.change.subscription_id is None for each in found)


def test_definitions_and_workflows_are_read(portal, client):
    assert {str(each.id): each.name for each in subscription_definitions(client)} == {
        id_: each["name"] for id_, each in portal.things("subscriptions").items()
    }
    for number in range(120):
        portal.put_thing("workflows", str(number), name=f"W {number}", isEnabled=False)
    assert {each.id: each.name for each in workflows(client)} == {
        i: w["name"] for i, w in portal.things("workflows").items()
    }


def test_marketing_events_and_those_who_took_part_are_read(portal, client):
    body = {"properties": {"attendanceState": "REGISTERED"}, "associations": {"contact": {"contactId": "1"}}}
    event = next(iter(portal.things("marketing_events")))
    portal.happened("participations", event, [(portal.now(), {**body, "id": str(n)}) for n in range(250)])
    trouble(portal)
    events = marketing_events(client)
    assert {each.id: each.fields for each in events} == portal.things("marketing_events")
    read = {each.event_id: each for each in participations(client, [*(each.id for each in events), "gone"])}
    assert not read.pop("gone").exists
    assert Counter((i, p.id) for i, r in read.items() for p in r.participations) == Counter(
        (of, body["id"]) for of, body in portal.moments("participations")
    )


def email_events(client: Client) -> list:
    return list(read_email_events(client, [Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))]))


@pytest.mark.parametrize(
    "read",
    [forms, marketing_emails, campaigns, subscription_definitions, workflows, marketing_events, email_events],
)
def test_a_missing_scope_is_named(portal, client, read):
    token = portal.issue_token(scopes=["tickets"])
    with (
        Client(AccessToken(token), base_url=portal.url, budgets=Budgets.unlimited()) as weaker,
        pytest.raises(errors.MissingScopes, match="lacks the scope"),
    ):
        read(weaker)


def test_a_thing_without_its_id_fails_the_read_instead_of_vanishing(serve, connect):
    with pytest.raises(errors.UnreadableAnswer, match="without `id`"):
        forms(connect(serve(Reply(body={"results": [{"name": "x"}]}))))


def test_support_of_endpoints_without_a_date_ends_one_day():
    assert legacy.ended(date(2026, 11, 27)) == []
    assert legacy.ended(date(2027, 3, 30)) == [legacy.FLOWS]
    assert set(legacy.ended(date(2027, 9, 1))) == set(legacy.ENDPOINTS)
