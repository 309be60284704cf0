"""Views over all tables of a kind, as HubSpot's own data share has them, and one of the live records of each type.

They read nothing from HubSpot. A view is made anew only when its text differs: when a property, a type or a pair came.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from hubspot_assets.catalog.object_types import ObjectType
from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.records.record_table import PROPERTY_DEFINITIONS
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.source import Mode, Target
from hubspot_assets.tables.associations import AssociationsTable
from hubspot_assets.tables.event_names import event_table_names
from hubspot_assets.tables.property_history import history_table
from hubspot_assets.warehouse.base import UNPARSED, View, Warehouse
from hubspot_assets.warehouse.sql import Dialect
from hubspot_assets.warehouse.views import Select, json_object, property_texts, union_all, unpivoted

EVENT = ("ID", "EVENTTYPE", "OBJECTTYPEID", "OBJECTID", "OCCURREDAT")
COMMON = ("OBJECTTYPEID", "OBJECTID", "CREATEDAT", "UPDATEDAT", "ARCHIVED", "DELETIONREASON", "INGESTEDAT")
LIVE = ("OBJECTID", "CREATEDAT", "UPDATEDAT", "URL")
# fmt: off
RESERVED = frozenset((
    "OBJECTS", "OBJECT_PROPERTIES", "OBJECT_WITH_OBJECT_PROPERTIES", "OBJECT_PROPERTIES_HISTORY", "ASSOCIATIONS",
    "EVENTS", "SYNCS", "OWNERS", "OWNER_TEAMS", "TEAMS", "ACCOUNT_USERS", "PIPELINES", "PIPELINE_STAGES", "LISTS",
    "LIST_MEMBERSHIPS", "FORMS", "FORM_SUBMISSIONS", "MARKETING_EMAILS", "CAMPAIGNS", "EMAIL_EVENTS", "WORKFLOWS",
    "MARKETING_EVENTS", "MARKETING_EVENT_PARTICIPATIONS", "SUBSCRIPTION_DEFINITIONS", "SUBSCRIPTION_CHANGES",
    "PROPERTY_DEFINITIONS", "ASSOCIATION_DEFINITIONS", "OBJECT_AND_EVENT_TYPE_DEFINITIONS",
))
# fmt: on
"""Names that are no object type's, however its plural label reads."""
RESERVED_PREFIXES = ("OBJECTS_", "OBJECT_PROPERTIES_HISTORY_", "ASSOCIATIONS_", "EVENTS_", "LIVE_")
"""What names of tables and views begin with that there may be any number of."""


@dataclass(frozen=True)
class Combined:
    """What the views are made of.

    Attributes:
        warehouse: Where the tables are.
        types: The object types.
        pairs: The pairs of them whose associations are synced.
        event_types: The types of events that are read.
        dialect: Of whoever runs the queries, where that is not the warehouse itself.
    """

    warehouse: Warehouse
    types: Sequence[ObjectType]
    pairs: Sequence[tuple[ObjectType, ObjectType]]
    event_types: Sequence[str] = ()
    dialect: Dialect | None = None

    def objects(self) -> Sequence[View]:
        """Return the view of all records of all types."""
        selects = [self._select(each.table, COMMON) for each in self._stored()]
        return self._view("OBJECTS", selects, "Every record of every object type, also those that are gone.")

    def object_properties(self) -> Sequence[View]:
        """Return the view with a row per record and property that has a value."""
        dialect, columns = self._spoken, ("OBJECTTYPEID", "OBJECTID", "UPDATEDAT", "INGESTEDAT")
        selects = []
        for each in self._stored():
            if texts := self._texts(each):
                query = unpivoted(dialect, each.table, columns, texts)
                names = ("OBJECTTYPEID", "OBJECTID", "NAME", "VALUE", "UPDATEDAT", "INGESTEDAT")
                selects.append(Select({name: dialect.quoted(name) for name in names}, f"({query}) AS values_of"))
        comment = "One row per record and property with a value, as text in HubSpot's spelling."
        return self._view("OBJECT_PROPERTIES", selects, comment)

    def object_with_object_properties(self) -> Sequence[View]:
        """Return the view of all records with their properties as JSON."""
        dialect = self._spoken
        selects = []
        for each in self._stored():
            columns = {name: dialect.quoted(name) for name in ("OBJECTTYPEID", "OBJECTID", "UPDATEDAT", "INGESTEDAT")}
            columns["PROPERTIES"] = json_object(dialect, self._texts(each))
            selects.append(Select(columns, dialect.quoted(each.table)))
        comment = "Every record with its properties as JSON: internal name to text."
        return self._view("OBJECT_WITH_OBJECT_PROPERTIES", selects, comment)

    def associations(self) -> Sequence[View]:
        """Return the view of all associations of all pairs."""
        dialect, selects = self._spoken, []
        for one, other in self.pairs:
            stored = self.warehouse.schema(AssociationsTable.of(one, other).name)
            if stored is not None:
                table = AssociationsTable.of(one, other, stored)
                selects.append(
                    Select(
                        {
                            "FROMOBJECTTYPEID": dialect.literal(one.object_type_id),
                            "FROMOBJECTID": dialect.quoted(table.from_column),
                            "TOOBJECTTYPEID": dialect.literal(other.object_type_id),
                            "TOOBJECTID": dialect.quoted(table.to_column),
                            **{
                                name: dialect.quoted(name)
                                for name in (
                                    "ASSOCIATIONCATEGORY", "ASSOCIATIONTYPEID", "LABEL", "REMOVEDAT", "INGESTEDAT",
                                )
                            },
                        },
                        dialect.quoted(table.name),
                    )
                )  # fmt: skip
        return self._view(
            "ASSOCIATIONS", selects, "Every association of every pair; REMOVEDAT is NULL while it stands."
        )

    def events(self) -> Sequence[View]:
        """Return the view of all events of all types, with their properties as JSON."""
        dialect, selects = self._spoken, []
        for event_type, table in event_table_names(self.event_types).items():
            stored = self.warehouse.schema(table)
            if stored is not None:
                columns = {name: dialect.quoted(name) for name in EVENT}
                texts = property_texts(dialect, stored, self._columns_of(event_type, stored))
                columns["PROPERTIES"] = json_object(dialect, texts)
                columns["INGESTEDAT"] = dialect.quoted("INGESTEDAT")
                selects.append(Select(columns, dialect.quoted(table)))
        return self._view("EVENTS", selects, "Every event of every type, with its properties as JSON: name to text.")

    def object_properties_history(self) -> Sequence[View]:
        """Return the view of all versions of all properties, with the columns of the tables of each type."""
        tables = [history_table(each) for each in self.types]
        selects = [
            self._select(each.name, each.schema.names)
            for each in tables
            if self.warehouse.schema(each.name) is not None
        ]
        comment = "Every value that the properties of every object type have had, and who set it."
        return self._view("OBJECT_PROPERTIES_HISTORY", selects, comment)

    def live_records(self) -> Sequence[View]:
        """Return a view per object type: its live records, columns called as their properties."""
        dialect, views = self._spoken, []
        for each in self._stored():
            names = _plain_names(self._columns(each))
            columns = {name: dialect.quoted(name) for name in LIVE}
            columns |= {name: dialect.quoted(column) for column, name in names.items()}
            where = f"{dialect.quoted('DELETIONREASON')} IS NULL"
            query = Select(columns, dialect.quoted(each.table), where).sql(dialect)
            views.append(View(live_view(each), query, f"Live {each.label.lower()}, columns called as in HubSpot."))
        return views

    @property
    def _spoken(self) -> Dialect:
        return self.dialect or self.warehouse.dialect

    def _stored(self) -> Sequence[ObjectType]:
        return [each for each in self.types if self.warehouse.schema(each.table) is not None]

    def _columns(self, object_type: ObjectType) -> Mapping[str, str]:
        """The properties by the columns that hold them, of one type."""
        stored = self.warehouse.schema(object_type.table)
        assert stored is not None
        return self._columns_of(object_type.object_type_id, stored)

    def _columns_of(self, type_: str, stored: pa.Schema) -> Mapping[str, str]:
        if self.warehouse.schema(PROPERTY_DEFINITIONS.name) is None:
            return {}
        definitions = self.warehouse.read(
            PROPERTY_DEFINITIONS.name, ["NAME", "COLUMNNAME"], [("OBJECTTYPEID", "=", type_)]
        ).to_pylist()
        return {
            row["COLUMNNAME"]: row["NAME"]
            for row in sorted(definitions, key=lambda row: row["NAME"])
            if row["COLUMNNAME"] in stored.names
        }

    def _texts(self, object_type: ObjectType) -> Mapping[str, str]:
        stored = self.warehouse.schema(object_type.table)
        assert stored is not None
        return property_texts(self._spoken, stored, self._columns(object_type))

    def _select(self, table: str, columns: Sequence[str]) -> Select:
        dialect = self._spoken
        return Select({name: dialect.quoted(name) for name in columns}, dialect.quoted(table))

    def _view(self, name: str, selects: Sequence[Select], comment: str) -> Sequence[View]:
        return [View(name, union_all(self._spoken, selects), comment)] if selects else []


def live_view(object_type: ObjectType) -> str:
    """Return the name of the view of a type's live records: `CONTACTS`, or `LIVE_TEAMS` where the name is taken."""
    plural = object_type.table.removeprefix("OBJECTS_")
    return f"LIVE_{plural}" if plural in RESERVED or plural.startswith(RESERVED_PREFIXES) else plural


def _plain_names(columns: Mapping[str, str]) -> Mapping[str, str]:
    """The columns of properties by what a view calls them: without the prefix, unless that is taken."""
    taken, names = {*LIVE, UNPARSED}, {}
    for column in columns:
        plain = column.removeprefix("PROPERTY_")
        names[column] = column if plain in taken or not plain else plain
        taken.add(names[column])
    return names


@dataclass(frozen=True)
class CombinedSync:
    """One kind of view, ready to be made in a warehouse.

    Attributes:
        client: The HubSpot client; only its clock is asked.
        name: For people, and the method of `Combined` that makes the views.
        types: The object types.
        pairs: Pairs of them.
        say: Takes lines for people.
        event_types: Types of events.
    """

    client: Client
    name: str
    types: Sequence[ObjectType]
    pairs: Sequence[tuple[ObjectType, ObjectType]]
    say: Callable[[str], object] = field(default=print)
    event_types: Sequence[str] = ()

    @property
    def links(self) -> Mapping[str, str]:
        """Return nothing: HubSpot has no page about the views."""
        return {}

    def write_to(self, warehouse: Warehouse, tag: Mapping[str, str]) -> Iterator[Report]:
        """Make the views that differ from what is stored.

        Yields:
            What was done.

        Raises:
            WarehouseError: The destination refused, or has a table of that name.
        """
        began, tagged = time.monotonic(), warehouse.tagged(tag)
        with tagged.reading():
            views = getattr(Combined(tagged, self.types, self.pairs, self.event_types), self.name)()
        changes = tagged.ensure_views(*views) if views else []
        self.say(f"{self.name}: {', '.join(f'{change.kind} {change.table}' for change in changes) or 'unchanged'}")
        names = ", ".join(view.name for view in views) or self.name.upper()
        yield Report(
            target=Target(names),
            window=Window(),
            mode=Mode.FULL,
            strategy="view",
            covered_until=self.client.now(),
            lag_seconds=0.0,
            rows_in_slice=0,
            rows_in_table=0,
            api_calls=0,
            rate_limited=0,
            seconds=time.monotonic() - began,
            seconds_waiting=0.0,
            idle=not changes,
            views=tuple(view.name for view in views),
            schema_changes=tuple(changes),
        )
