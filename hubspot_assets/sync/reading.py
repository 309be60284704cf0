"""Reading owners, teams, users, pipelines and definitions, each once for all tables that need it."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import pyarrow as pa

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES, ObjectType
from hubspot_assets.hubspot import users
from hubspot_assets.hubspot.event_definitions import EventDefinition, event_definitions
from hubspot_assets.hubspot.object_definitions import (
    CUSTOM_OBJECTS,
    AssociationLabel,
    ObjectTypeDefinitions,
    association_labels,
    object_type_definitions,
)
from hubspot_assets.hubspot.owners import Owner, owners
from hubspot_assets.hubspot.pipelines import Pipeline, pipelines
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import BadRequest, Forbidden, MissingScopes, NotFound, UnknownObjectType
from hubspot_assets.sync.reference import Answer
from hubspot_assets.tables import object_definitions, people
from hubspot_assets.tables import pipelines as pipeline_tables
from hubspot_assets.tables.event_names import event_table_names
from hubspot_assets.warehouse.base import Table

CUSTOM_OBJECT, EVENT = "2-", "6-"
"""What ids of the account's own object and event types begin with."""


class Reading:
    """What HubSpot tells about an account besides its records; each method is one table.

    Args:
        client: The HubSpot client.
        types_of: Gives the object types, by the names that `HUBSPOT_OBJECTS` has for them.
        pairs: Pairs of them whose association labels are to be read.
        event_types: The types of events that are read.
    """

    tables: Mapping[str, Table] = {
        "owners": people.OWNERS,
        "owner_teams": people.OWNER_TEAMS,
        "teams": people.TEAMS,
        "account_users": people.ACCOUNT_USERS,
        "pipelines": pipeline_tables.PIPELINES,
        "pipeline_stages": pipeline_tables.PIPELINE_STAGES,
        "association_definitions": object_definitions.ASSOCIATION_DEFINITIONS,
        "object_and_event_type_definitions": object_definitions.OBJECT_AND_EVENT_TYPE_DEFINITIONS,
    }

    def __init__(
        self,
        client: Client,
        types_of: Callable[[], Mapping[str, ObjectType]],
        pairs: Sequence[tuple[str, str]],
        event_types: Sequence[str] = (),
    ) -> None:
        self.client = client
        self._types_of = types_of
        self._pairs = pairs
        self._event_types = event_types

    def owners(self, sync_id: str) -> Answer:
        """Return all owners, those who left among them."""
        return Answer(people.owner_rows(self._owners, self.client.now(), sync_id))

    def owner_teams(self, sync_id: str) -> Answer:
        """Return which owners are in which teams."""
        return Answer(people.owner_team_rows(self._owners, self.client.now(), sync_id))

    def teams(self, sync_id: str) -> Answer:
        """Return all teams."""
        return Answer(people.team_rows(users.teams(self.client), self.client.now(), sync_id))

    def account_users(self, sync_id: str) -> Answer:
        """Return all users, with the names of their roles."""
        rows = people.account_user_rows(
            users.account_users(self.client), users.role_names(self.client), self.client.now(), sync_id
        )
        return Answer(rows)

    def pipelines(self, sync_id: str) -> Answer:
        """Return the pipelines of the object types that have them."""
        rows = pipeline_tables.pipeline_rows(self._pipelines, self.client.now(), sync_id)
        return Answer(rows, self._scopes(self._pipelines))

    def pipeline_stages(self, sync_id: str) -> Answer:
        """Return the stages of these pipelines."""
        rows = pipeline_tables.stage_rows(self._pipelines, self.client.now(), sync_id)
        return Answer(rows, self._scopes(self._pipelines))

    def association_definitions(self, sync_id: str) -> Answer:
        """Return the types of the associations of all pairs."""
        rows = object_definitions.association_definition_rows(
            self._labels, self._definitions.types, self.client.now(), sync_id
        )
        scopes = {
            "FROMOBJECTTYPEID": pa.array([one for one, _ in self._labels], pa.string()),
            "TOOBJECTTYPEID": pa.array([other for _, other in self._labels], pa.string()),
        }
        return Answer(rows, pa.table(scopes))

    def object_and_event_type_definitions(self, sync_id: str) -> Answer:
        """Return the object types and the account's own event types, and the tables of those that are synced."""
        tables = {each.object_type_id: each.table for each in self._types.values()}
        events = event_table_names(self._event_types)
        read_at = self.client.now()
        objects = object_definitions.object_type_rows(self._definitions.types, tables, read_at, sync_id)
        rows = object_definitions.event_type_rows(self._event_definitions or (), events, read_at, sync_id)
        rows = pa.concat_tables([objects, rows])
        return Answer(rows, rows.select(["ID"]))

    def tells_of_type(self, type_id: str) -> bool:
        """Tell whether HubSpot would have told of a type, had the account still got it: one of its own making."""
        if type_id.startswith(CUSTOM_OBJECT):
            return CUSTOM_OBJECTS not in self._definitions.refused
        return type_id.startswith(EVENT) and self._event_definitions is not None

    @cached_property
    def _types(self) -> Mapping[str, ObjectType]:
        return self._types_of()

    @cached_property
    def _owners(self) -> Sequence[Owner]:
        return owners(self.client)

    @cached_property
    def _pipelines(self) -> Mapping[str, Sequence[Pipeline]]:
        """The pipelines by object type; types that have none, or that the token may not read, are missing."""
        found: dict[str, Sequence[Pipeline]] = {}
        refused: MissingScopes | None = None
        for each in self._types.values():
            try:
                of_type = pipelines(self.client, each.object_type_id)
            except MissingScopes as error:
                refused = error
                continue
            except UnknownObjectType:
                continue
            if of_type is not None:
                found[each.object_type_id] = of_type
        if refused is not None and not found:
            raise refused
        return found

    @cached_property
    def _definitions(self) -> ObjectTypeDefinitions:
        standard = [each.object_type_id for each in self._types.values() if each.name in STANDARD_OBJECT_TYPES]
        return object_type_definitions(self.client, standard)

    @cached_property
    def _event_definitions(self) -> Sequence[EventDefinition] | None:
        """The account's own types of events; None where HubSpot refuses to tell."""
        try:
            return event_definitions(self.client)
        except (MissingScopes, Forbidden, NotFound):
            return None

    @cached_property
    def _labels(self) -> Mapping[tuple[str, str], Sequence[AssociationLabel]]:
        """The labels by pair of object type ids; pairs that the account refuses are missing."""
        found: dict[tuple[str, str], Sequence[AssociationLabel]] = {}
        for one, other in self._pairs:
            ids = self._types[one].object_type_id, self._types[other].object_type_id
            try:
                found[ids] = association_labels(self.client, *ids)
            except (BadRequest, MissingScopes, Forbidden):
                continue
        return found

    def _scopes(self, by_type: Mapping[str, object]) -> pa.Table:
        return pa.table({"OBJECTTYPEID": pa.array(list(by_type), pa.string())})
