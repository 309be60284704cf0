from collections import Counter
from collections.abc import Iterator

import pytest

from hubspot_assets_tests.demo_portal.asker import Asker, Reply, asker

EMAILS, CAMPAIGNS = "/marketing/emails/2026-09", "/marketing/campaigns/2026-09"
FORMS, EVENTS = "/marketing/v3/forms", "/email/public/v1/events"


@pytest.fixture
def hubspot() -> Asker:
    return asker(sizes={"contacts": 120})


def pages(hubspot: Asker, path: str, **query: object) -> Iterator[Reply]:
    reply = hubspot.get(path, None, **query)
    yield reply
    while reply.after is not None:
        reply = hubspot.get(path, None, **{**query, "after": reply.after})
        yield reply


def results(hubspot: Asker, path: str, **query: object) -> list[dict]:
    return [each for page in pages(hubspot, path, **query) for each in page.json["results"]]


def submissions_path(form: str) -> str:
    return f"/form-integrations/v1/submissions/forms/{form}"


def form_of(hubspot: Asker, kind: str) -> str:
    return next(each["id"] for each in results(hubspot, FORMS, formTypes="all") if each["formType"] == kind)


def test_forms_of_other_types_and_archived_ones_have_to_be_asked_for(hubspot: Asker):
    assert {each["formType"] for each in results(hubspot, FORMS)} == {"hubspot"}
    assert len({each["formType"] for each in results(hubspot, FORMS, formTypes="all", limit=2)}) == 4
    (archived,) = results(hubspot, FORMS, formTypes="all", archived="true")
    assert archived["archivedAt"]
    assert hubspot.get("/marketing/forms/2026-09").status == 404
    assert hubspot.get(FORMS, limit=501).status == 400


def test_submissions_come_newest_first_by_fifty_and_new_ones_move_nothing(hubspot: Asker):
    form = form_of(hubspot, "flow")
    hubspot.order("make_submissions", form=form, count=120, since="2026-10-01T00:00:00Z", until="2026-11-01T00:00:00Z")
    first = hubspot.get(submissions_path(form), limit=50)
    hubspot.order("submit_form", form=form, emails=["new@x.example"])
    second = hubspot.get(submissions_path(form), limit=50, after=first.after)
    instants = [each["submittedAt"] for page in (first, second) for each in page.json["results"]]
    assert instants == sorted(instants, reverse=True)
    assert (
        len(
            {
                each["conversionId"]
                for page in (first, second)
                for each in page.json["results"]
                if "conversionId" in each
            }
        )
        > 90
    )
    assert hubspot.get(submissions_path(form), limit=51).status == 400
    newest = hubspot.get(submissions_path(form)).json["results"]
    assert (len(newest), newest[0]["values"][0]["value"]) == (20, "new@x.example")


def test_comments_on_a_blog_are_refused_and_some_submissions_have_no_id(hubspot: Asker):
    refused = hubspot.get(submissions_path(form_of(hubspot, "blog_comment")))
    assert (refused.status, refused.json["errorType"]) == (400, "FORM_TYPE_NOT_ALLOWED")
    assert hubspot.get(submissions_path("nonsense")).status == 404
    bodies = [each.body for each in hubspot.account.things.every_moment("submissions")]
    assert 0 < sum("conversionId" not in each for each in bodies) < len(bodies) / 2


def test_emails_without_statistics_are_left_out_when_statistics_are_asked_for(hubspot: Asker):
    without, with_ = results(hubspot, EMAILS, limit=2), results(hubspot, EMAILS, limit=300, includeStats="true")
    assert {each["id"] for each in with_} < {each["id"] for each in without}
    assert all("stats" not in each for each in without)
    assert all(each["stats"]["counters"]["sent"] > 0 for each in with_)
    (archived,) = results(hubspot, EMAILS, archived="true")
    assert archived["name"] == "Old newsletter"
    edited = hubspot.order("put_thing", kind="marketing_emails", id=without[0]["id"], subject="New")["thing"]
    assert [each["subject"] for each in results(hubspot, EMAILS, updatedAfter="2026-11-21T00:00:00Z")] == ["New"]
    assert results(hubspot, EMAILS, updatedAfter=edited["updatedAt"]) == []
    one = hubspot.get(f"{EMAILS}/{with_[0]['id']}", includeStats="true").json
    assert one["stats"] == with_[0]["stats"]


def test_one_campaign_property_too_many_fails_the_request(hubspot: Asker):
    listed = [each["name"] for each in hubspot.get("/crm/properties/2026-09/0-35").json["results"]]
    assert {"hs_name", "hs_createdate", "launch_region"} <= set(listed)
    assert hubspot.get(CAMPAIGNS, properties="hs_name,hs_createdate").status == 400
    found = results(hubspot, CAMPAIGNS, properties="hs_name,launch_region", limit=1, sort="-updatedAt")
    assert [each["properties"]["hs_name"] for each in found][-1] == "Autumn launch"
    assert all(each["properties"] == {} for each in results(hubspot, CAMPAIGNS))
    metrics = hubspot.get(f"{CAMPAIGNS}/{found[0]['id']}/reports/metrics").json
    assert set(metrics) == {"influencedContacts", "newContactsFirstTouch", "newContactsLastTouch", "sessions"}


def email_events(hubspot: Asker, **query: object) -> list[dict]:
    found, more = [], {}
    while True:
        reply = hubspot.get(EVENTS, None, **{**query, **more}).json
        found += reply["events"]
        if not reply["hasMore"]:
            return found
        more = {"offset": reply["offset"]}


def test_email_events_come_newest_first_within_a_window_whose_ends_are_in_it(hubspot: Asker):
    events = email_events(hubspot, limit=7)
    instants = [each["created"] for each in events]
    assert instants == sorted(instants, reverse=True)
    assert len({(each["id"], each["created"]) for each in events}) == len(events) > 100
    third = instants[2]
    window = {"startTimestamp": third, "endTimestamp": third}
    assert {each["created"] for each in email_events(hubspot, **window)} == {third}
    assert hubspot.get(EVENTS, limit=1_001).status == 400
    assert hubspot.get("/email/public/2026-09/events").status == 404


def test_what_belongs_together_names_each_other(hubspot: Asker):
    things = hubspot.account.things
    addresses = {hubspot.value("contacts", each, "email") for each in hubspot.live()}
    events = email_events(hubspot, limit=1_000)
    assert {each["recipient"] for each in events} <= addresses
    sent = Counter(each["emailCampaignId"] for each in events if each["type"] == "SENT")
    for email in things.of("marketing_emails").values():
        assert email["campaign"] in things.of("campaigns")
        if email["stats"]:
            assert email["stats"]["counters"]["sent"] == sent[int(email["primaryEmailCampaignId"])]
    known = {(each["id"], each["created"]) for each in events}
    assert all((each["sentBy"]["id"], each["sentBy"]["created"]) in known for each in events if "sentBy" in each)
    for event in things.of("marketing_events").values():
        parts = things.moments("participations", event["objectId"])
        assert event["registrants"] == len(parts)
        assert {each.body["associations"]["contact"]["email"] for each in parts} <= addresses
    assert {each.body["values"][0]["value"] for each in things.every_moment("submissions")} <= addresses


def test_subscriptions_workflows_and_marketing_events_are_listed(hubspot: Asker):
    current = hubspot.get("/communication-preferences/2026-09/definitions").json
    assert (current["status"], len(current["results"])) == ("COMPLETE", 3)
    assert "subscriptionDefinitions" in hubspot.get("/communication-preferences/v3/definitions").json
    timeline = hubspot.get("/email/public/v1/subscriptions/timeline", limit=3).json
    assert (len(timeline["timeline"]), timeline["hasMore"]) == (3, True)
    assert len(results(hubspot, "/automation/v4/flows")) == 3
    events = results(hubspot, "/marketing/marketing-events/2026-09", limit=2)
    path = f"/marketing/marketing-events/2026-09/participations/{events[0]['objectId']}/breakdown"
    parts = results(hubspot, path, limit=3)
    attended = results(hubspot, path, state="ATTENDED")
    assert len(attended) == events[0]["attendees"] < len(parts)
    assert hubspot.get(path, limit=101).status == 400


@pytest.mark.parametrize(
    "path",
    [FORMS, EMAILS, CAMPAIGNS, EVENTS, "/automation/v4/flows", "/communication-preferences/2026-09/definitions",
     "/marketing/marketing-events/2026-09"],
)  # fmt: skip
def test_each_needs_its_scope(hubspot: Asker, path: str):
    assert hubspot.get(path, hubspot.account.tokens.issue(scopes=["tickets"]).value).status == 403


def test_things_come_change_and_go(hubspot: Asker):
    made = hubspot.order("put_thing", kind="workflows", id="7", name="New")["thing"]
    assert made["createdAt"] == made["updatedAt"]
    hubspot.order("clock", advance=60)
    changed = hubspot.order("put_thing", kind="workflows", id="7", isEnabled=True)["thing"]
    assert (changed["name"], changed["createdAt"]) == ("New", made["createdAt"])
    assert changed["updatedAt"] > made["updatedAt"]
    hubspot.order("remove_thing", kind="workflows", id="7")
    assert "7" not in {each["id"] for each in results(hubspot, "/automation/v4/flows")}
