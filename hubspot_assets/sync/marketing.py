"""Reading forms, marketing e-mails, subscriptions, workflows and marketing events, each once for all that need it."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import pyarrow as pa

from hubspot_assets.hubspot import marketing_emails, marketing_events, subscriptions, workflows
from hubspot_assets.hubspot.forms import Form, forms
from hubspot_assets.hubspot.marketing_events import MarketingEvent
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.reference import Answer
from hubspot_assets.tables import forms as form_tables
from hubspot_assets.tables import marketing_emails as email_tables
from hubspot_assets.tables import marketing_events as event_tables
from hubspot_assets.tables import subscriptions as subscription_tables
from hubspot_assets.tables import workflows as workflow_tables
from hubspot_assets.warehouse.base import Table


class MarketingReading:
    """What HubSpot tells of an account's marketing; each method is one table that is read whole.

    Args:
        client: The HubSpot client.
    """

    tables: Mapping[str, Table] = {
        "forms": form_tables.FORMS,
        "marketing_emails": email_tables.MARKETING_EMAILS,
        "subscription_definitions": subscription_tables.SUBSCRIPTION_DEFINITIONS,
        "workflows": workflow_tables.WORKFLOWS,
        "marketing_events": event_tables.MARKETING_EVENTS,
        "marketing_event_participations": event_tables.PARTICIPATIONS,
    }

    def __init__(self, client: Client) -> None:
        self.client = client

    @cached_property
    def found_forms(self) -> Sequence[Form]:
        """The forms of all types, archived ones too."""
        return forms(self.client)

    def forms(self, sync_id: str) -> Answer:
        """Return all forms."""
        return Answer(form_tables.form_rows(self.found_forms, read_at=self.client.now(), sync_id=sync_id))

    def marketing_emails(self, sync_id: str) -> Answer:
        """Return all marketing e-mails with their statistics: openings and clicks are no edits, so none is left out."""
        found = marketing_emails.marketing_emails(self.client)
        return Answer(email_tables.email_rows(found, read_at=self.client.now(), sync_id=sync_id))

    def subscription_definitions(self, sync_id: str) -> Answer:
        """Return the types of subscription."""
        found = subscriptions.subscription_definitions(self.client)
        return Answer(subscription_tables.definition_rows(found, read_at=self.client.now(), sync_id=sync_id))

    def workflows(self, sync_id: str) -> Answer:
        """Return all workflows."""
        found = workflows.workflows(self.client)
        return Answer(workflow_tables.workflow_rows(found, read_at=self.client.now(), sync_id=sync_id))

    def marketing_events(self, sync_id: str) -> Answer:
        """Return all marketing events."""
        return Answer(
            event_tables.marketing_event_rows(self._marketing_events, read_at=self.client.now(), sync_id=sync_id)
        )

    def marketing_event_participations(self, sync_id: str) -> Answer:
        """Return who took part in these events; what HubSpot has no more took its participations along."""
        read = marketing_events.participations(self.client, [each.id for each in self._marketing_events])
        rows = [event_tables.participation_rows(each, sync_id=sync_id) for each in read]
        return Answer(pa.concat_tables(rows) if rows else event_tables.PARTICIPATIONS.schema.empty_table())

    @cached_property
    def _marketing_events(self) -> Sequence[MarketingEvent]:
        return marketing_events.marketing_events(self.client)
