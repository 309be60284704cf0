import json
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pyarrow as pa
import pytest

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.hubspot.campaigns import Campaign
from hubspot_assets.hubspot.email_events import EmailEvent
from hubspot_assets.hubspot.forms import Form, Submission
from hubspot_assets.hubspot.marketing_emails import MarketingEmail
from hubspot_assets.hubspot.marketing_events import MarketingEvent, Participation, Participations
from hubspot_assets.hubspot.properties import PropertyDefinition
from hubspot_assets.hubspot.subscriptions import CausedBy, Change, SubscriptionChange, SubscriptionDefinition
from hubspot_assets.hubspot.transport.errors import UnreadableAnswer
from hubspot_assets.hubspot.workflows import Workflow
from hubspot_assets.tables.campaigns import CampaignTable
from hubspot_assets.tables.email_events import EMAIL_EVENTS, email_event_rows
from hubspot_assets.tables.events import EventTable
from hubspot_assets.tables.forms import FORM_SUBMISSIONS, FORMS, form_rows, submission_rows
from hubspot_assets.tables.lists import LIST_MEMBERSHIPS, LISTS
from hubspot_assets.tables.marketing_emails import MARKETING_EMAILS, email_rows
from hubspot_assets.tables.marketing_events import (
    MARKETING_EVENTS,
    PARTICIPATIONS,
    marketing_event_rows,
    participation_rows,
)
from hubspot_assets.tables.property_history import history_table
from hubspot_assets.tables.subscriptions import (
    SUBSCRIPTION_CHANGES,
    SUBSCRIPTION_DEFINITIONS,
    change_rows,
    definition_rows,
)
from hubspot_assets.tables.workflows import WORKFLOWS, workflow_rows
from hubspot_assets.warehouse.base import COMMENT, Merge, Table
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse

AT = datetime(2026, 11, 27, 1, tzinfo=UTC)
MADE = "2026-01-05T10:00:00.123Z"
MADE_AT = datetime(2026, 1, 5, 10, 0, 0, 123_000)
EPOCH = 1_790_841_603_000
EPOCH_AT = datetime(2026, 10, 1, 8, 0, 3)

CAMPAIGNS = CampaignTable.of(
    [PropertyDefinition("hs_start_date", type="date"), PropertyDefinition("spent", type="number")]
)
KEYS = {
    history_table(STANDARD_OBJECT_TYPES["deals"]): "OBJECTID, NAME, UPDATEDAT, VALUE",
    LISTS: "LISTID",
    LIST_MEMBERSHIPS: "LISTID, OBJECTID",
    EventTable.of("e_x", "EVENTS_X", [PropertyDefinition("a")]).table: "ID",
    FORMS: "FORMID",
    FORM_SUBMISSIONS: "FORMID, SUBMISSIONID",
    MARKETING_EMAILS: "EMAILID",
    CAMPAIGNS.table: "CAMPAIGNID",
    EMAIL_EVENTS: "ID, CREATED",
    SUBSCRIPTION_DEFINITIONS: "SUBSCRIPTIONID",
    SUBSCRIPTION_CHANGES: "RECIPIENT, OCCURREDAT, SUBSCRIPTIONID, CHANGE",
    WORKFLOWS: "WORKFLOWID",
    MARKETING_EVENTS: "MARKETINGEVENTID",
    PARTICIPATIONS: "PARTICIPATIONID",
}


@pytest.mark.parametrize("table", [pytest.param(each, id=each.name) for each in KEYS])
def test_every_table_has_its_key_a_comment_on_each_column_and_goes_into_a_warehouse(table: Table, tmp_path):
    assert ", ".join(table.key) == KEYS[table]
    assert table.immutable == (table.removal is None)
    assert table.schema.names[-2:] == ["INGESTEDAT", "SYNCID"]
    assert all((each.metadata or {})[COMMENT] for each in table.schema if not each.name.startswith("PROPERTY_"))
    warehouse = DuckDBWarehouse(tmp_path / "x.duckdb")
    warehouse.ensure(table)
    samples = {pa.string(): "1", pa.int64(): 1, pa.timestamp("us"): AT.replace(tzinfo=None)}
    row = {name: samples[table.schema.field(name).type] for name in table.key}
    (counts,) = warehouse.commit(Merge(table, pa.Table.from_pylist([row], table.schema)))
    assert (counts.inserted, warehouse.count(table.name)) == (1, 1)


def only(rows: pa.Table) -> dict:
    (row,) = rows.to_pylist()
    assert row.pop("INGESTEDAT") == AT.replace(tzinfo=None)
    assert row.pop("SYNCID") == "s"
    return {name: value for name, value in row.items() if value is not None}


def test_a_form_is_a_row_with_its_definition():
    fields = {"id": "f", "name": "N", "formType": "flow", "createdAt": MADE, "archivedAt": MADE, "fieldGroups": [1]}
    assert only(form_rows([Form("f", "flow", True, fields)], read_at=AT, sync_id="s")) == {
        "FORMID": "f", "NAME": "N", "FORMTYPE": "flow", "ARCHIVED": True, "CREATEDAT": MADE_AT,
        "ARCHIVEDAT": MADE_AT, "DEFINITION": '{"fieldGroups":[1]}',
    }  # fmt: skip
    live = only(form_rows([Form("f", "flow", False, fields)], read_at=AT, sync_id="s"))
    assert "ARCHIVEDAT" not in live


def test_a_submission_is_a_row_with_its_values():
    values = [{"name": "email", "value": "a@x.io"}, {"name": "note", "value": "half \ud800"}]
    row = only(submission_rows("f", [Submission(EPOCH, values, "https://p", "c")], read_at=AT, sync_id="s"))
    assert json.loads(row.pop("VALUES")) == [values[0], {"name": "note", "value": "half \N{REPLACEMENT CHARACTER}"}]
    assert row == {
        "FORMID": "f", "SUBMISSIONID": "c", "SUBMITTEDAT": EPOCH_AT, "EMAIL": "a@x.io", "PAGEURL": "https://p",
    }  # fmt: skip


def test_an_email_is_a_row_with_its_counters():
    fields = {
        "id": "9", "name": "N", "subject": "S", "state": "PUBLISHED", "type": "BATCH_EMAIL", "campaign": "c",
        "allEmailCampaignIds": ["77", 78], "primaryEmailCampaignId": "78", "publishDate": MADE, "content": {"a": 1},
    }  # fmt: skip
    statistics = {"counters": {"sent": 10, "open": 4}, "ratios": {"openratio": 41.5}}
    row = only(email_rows([MarketingEmail("9", False, fields, statistics)], read_at=AT, sync_id="s"))
    assert (row["CAMPAIGNID"], row["EMAILCAMPAIGNIDS"], row["PUBLISHEDAT"]) == ("c", '["77","78"]', MADE_AT)
    assert (row["SENT"], row["OPENED"], "CLICKED" in row) == (10, 4, False)
    assert (json.loads(row["STATISTICS"]), json.loads(row["DEFINITION"])["content"]) == (statistics, {"a": 1})
    draft = only(email_rows([MarketingEmail("9", True, {"id": "9"})], read_at=AT, sync_id="s"))
    assert draft == {"EMAILID": "9", "ARCHIVED": True, "EMAILCAMPAIGNIDS": "[]", "DEFINITION": "{}"}


def test_a_campaign_is_a_row_with_its_properties_and_metrics():
    properties: dict[str, str | None] = {"hs_start_date": "2026-11-30", "spent": "many", "strange": "1"}
    campaign = Campaign("c", properties, [{"id": 0}], MADE)
    assert only(CAMPAIGNS.rows([campaign], {"c": {"sessions": 9}}, read_at=AT, sync_id="s")) == {
        "CAMPAIGNID": "c", "PROPERTY_HS_START_DATE": date(2026, 11, 30), "BUSINESSUNITIDS": "[0]",
        "METRICS": '{"sessions":9}', "CREATEDAT": MADE_AT, "UNPARSED": '{"spent":"many","strange":"1"}',
    }  # fmt: skip


def test_an_email_event_is_a_row_and_all_else_that_is_said_of_it_is_kept():
    fields = {
        "id": "e", "created": EPOCH, "type": "OPEN", "recipient": "a@x.io", "portalId": 1, "appId": 113,
        "emailCampaignId": 77, "sentBy": {"id": "d", "created": EPOCH}, "deviceType": "COMPUTER", "ipAddress": None,
    }  # fmt: skip
    row = only(email_event_rows([EmailEvent("e", EPOCH, fields)], read_at=AT, sync_id="s"))
    assert row == {
        "ID": "e", "CREATED": EPOCH_AT, "TYPE": "OPEN", "RECIPIENT": "a@x.io", "EMAILCAMPAIGNID": 77, "APPID": 113,
        "SENTBYID": "d", "SENTBYCREATED": EPOCH_AT, "DETAILS": '{"deviceType":"COMPUTER","ipAddress":null}',
    }  # fmt: skip
    undone = only(email_event_rows([EmailEvent("e", EPOCH, {"id": "e", "created": EPOCH})], read_at=AT, sync_id="s"))
    assert undone == {"ID": "e", "CREATED": EPOCH_AT}


def test_changes_of_subscriptions_are_rows_those_of_the_whole_account_under_zero():
    one = SubscriptionChange("a@x.io", EPOCH, Change("UNSUBSCRIBED", "S", "R", 7_001, CausedBy("d", EPOCH)))
    row = only(change_rows([one], read_at=AT, sync_id="s"))
    assert row == {
        "RECIPIENT": "a@x.io", "OCCURREDAT": EPOCH_AT, "SUBSCRIPTIONID": 7_001, "CHANGE": "UNSUBSCRIBED",
        "CHANGETYPE": "S", "SOURCE": "R", "CAUSEDBYEVENTID": "d", "CAUSEDBYEVENTCREATED": EPOCH_AT,
    }  # fmt: skip
    whole = SubscriptionChange("a@x.io", EPOCH, Change("UNSUBSCRIBED"))
    assert only(change_rows([whole], read_at=AT, sync_id="s"))["SUBSCRIPTIONID"] == 0
    definition = SubscriptionDefinition("7001", "News", is_active=True, created_at=MADE)
    assert only(definition_rows([definition], read_at=AT, sync_id="s")) == {
        "SUBSCRIPTIONID": 7001, "NAME": "News", "ISACTIVE": True, "CREATEDAT": MADE_AT,
    }  # fmt: skip


def test_workflows_marketing_events_and_participations_are_rows():
    workflow = Workflow("7", "W", True, "0-1", "WORKFLOW", "3", MADE)
    assert only(workflow_rows([workflow], read_at=AT, sync_id="s"))["REVISIONID"] == "3"
    fields = {"objectId": "5", "eventName": "Fair", "startDateTime": MADE, "noShows": -1, "customProperties": []}
    assert only(marketing_event_rows([MarketingEvent("5", fields)], read_at=AT, sync_id="s")) == {
        "MARKETINGEVENTID": 5, "NAME": "Fair", "STARTAT": MADE_AT, "NOSHOWS": -1,
        "DEFINITION": '{"customProperties":[]}',
    }  # fmt: skip
    told = {
        "id": "p", "properties": {"occurredAt": EPOCH, "attendanceState": "ATTENDED", "attendancePercentage": "0.8"},
        "associations": {"contact": {"contactId": "51", "email": "a@x.io"}},
    }  # fmt: skip
    read = Participations("5", [msgspec.convert(told, Participation)], True, AT)
    assert only(participation_rows(read, sync_id="s")) == {
        "PARTICIPATIONID": "p", "MARKETINGEVENTID": 5, "CONTACTID": 51, "EMAIL": "a@x.io",
        "ATTENDANCESTATE": "ATTENDED", "ATTENDANCEPERCENTAGE": Decimal("0.8"), "OCCURREDAT": EPOCH_AT,
    }  # fmt: skip


def test_a_value_that_does_not_fit_fails_the_read_and_says_where():
    with pytest.raises(UnreadableAnswer, match="MARKETINGEVENTID of MARKETING_EVENTS"):
        marketing_event_rows([MarketingEvent("five", {})], read_at=AT, sync_id="s")
