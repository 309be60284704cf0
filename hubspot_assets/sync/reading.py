"""Reading owners, teams, users, pipelines and definitions, each once for all tables that need it."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import pyarrow as pa

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES, ObjectType
from hubspot_assets.hubspot import users
from hubspot_assets.hubspot.object_definitions import (
    AssociationLabel,
    ObjectTypeDefinition,
    association_labels,
    object_type_definitions,
)
from hubspot_assets.hubspot.owners import Owner, owners
from hubspot_assets.hubspot.pipelines import Pipeline, pipelines
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import BadRequest, Forbidden, MissingScopes, UnknownObjectType
from hubspot_assets.sync.reference import Answer
from hubspot_assets.tables import object_definitions, people
from hubspot_assets.tables import pipelines as pipeline_tables
from hubspot_assets.warehouse.base import Table


class Reading:
    """What HubSpot tells about an account besides its records; each method is one table.

    Args:
        client: The HubSpot client.
        types_of: Gives the object types, by the names that `HUBSPOT_OBJECTS` has for them.
        pairs: Pairs of them whose association labels are to be read.
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
        self, client: Client, types_of: Callable[[], Mapping[str, ObjectType]], pairs: Sequence[tuple[str, str]]
    ) -> None:
        self.client = client
        self._types_of = types_of
        self._pairs = pairs

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
            self._labels, self._definitions, self.client.now(), sync_id
        )
        scopes = {
            "FROMOBJECTTYPEID": pa.array([one for one, _ in self._labels], pa.string()),
            "TOOBJECTTYPEID": pa.array([other for _, other in self._labels], pa.string()),
        }
        return Answer(rows, pa.table(scopes))

    def object_and_event_type_definitions(self, sync_id: str) -> Answer:
        """Return the object types, and the tables of those that are synced."""
        tables = {each.object_type_id: each.table for each in self._types.values()}
        rows = object_definitions.object_type_rows(self._definitions, tables, self.client.now(), sync_id)
        return Answer(rows, pa.table({"ID": rows["ID"]}))

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
    def _definitions(self) -> Sequence[ObjectTypeDefinition]:
        standard = [each.object_type_id for each in self._types.values() if each.name in STANDARD_OBJECT_TYPES]
        return object_type_definitions(self.client, standard).types

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
