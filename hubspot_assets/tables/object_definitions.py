"""The tables ASSOCIATION_DEFINITIONS and OBJECT_AND_EVENT_TYPE_DEFINITIONS: what object types and associations mean."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import pyarrow as pa

from hubspot_assets.catalog.association_types import HUBSPOT_DEFINED, PRIMARY, PRIMARY_TYPE_IDS
from hubspot_assets.hubspot.event_definitions import EventDefinition
from hubspot_assets.hubspot.object_definitions import AssociationLabel, ObjectTypeDefinition
from hubspot_assets.tables.satellite import column, instant, moment, rows_of, satellite, text

ASSOCIATION_DEFINITIONS = satellite(
    "ASSOCIATION_DEFINITIONS",
    "The association types of each directed pair of object types.",
    [
        text("FROMOBJECTTYPEID", "HubSpot's id of the object type that it leads from."),
        text("TOOBJECTTYPEID", "HubSpot's id of the object type that it leads to."),
        text("CATEGORY", "HUBSPOT_DEFINED, USER_DEFINED, INTEGRATOR_DEFINED or WORK."),
        column("ID", pa.int64(), "What ASSOCIATIONTYPEID of the association tables holds."),
        text("LABEL", "What HubSpot's users read; NULL for the plain type."),
        text("NAME", "HubSpot's internal name, which never changes."),
        text("CARDINALITY", "ONE_TO_ONE or ONE_TO_MANY."),
        column("MAXTOOBJECTIDS", pa.int64(), "How many records one may be associated with."),
        column("ISMAINASSOCIATIONDEFINITION", pa.bool_(), "Whether it marks the main one (Primary)."),
        instant("DELETEDAT", "When a sync first knew that it is gone; NULL while it is there"),
    ],
    key=("FROMOBJECTTYPEID", "TOOBJECTTYPEID", "CATEGORY", "ID"),
)
OBJECT_AND_EVENT_TYPE_DEFINITIONS = satellite(
    "OBJECT_AND_EVENT_TYPE_DEFINITIONS",
    "The object types and event types of the account, and where their data is.",
    [
        text("ID", "HubSpot's id of the type (0-1, 2-1234567)."),
        text("METATYPE", "object or event."),
        text("NAME", "HubSpot's internal name."),
        text("FULLYQUALIFIEDNAME", "The name with the account's id, which endpoints take."),
        text("SINGULARLABEL", "What users call one of them."),
        text("PLURALLABEL", "What users call several."),
        text("DESCRIPTION", "What it is for."),
        text("PRIMARYDISPLAYPROPERTY", "The property that names a record."),
        text("TABLENAME", "The table of its records or events; NULL where it is not synced."),
        column("ARCHIVED", pa.bool_(), "Whether the type was deleted in HubSpot."),
        instant("CREATEDAT", "When it was created"),
        instant("UPDATEDAT", "When it was last modified"),
        instant("DELETEDAT", "When a sync first knew that it is gone; NULL while it is there"),
    ],
    key=("ID",),
)

LabelsByPair = Mapping[tuple[str, str], Sequence[AssociationLabel]]
"""The labels of pairs of object type ids."""


def is_main(category: str, type_id: int, label: str | None) -> bool:
    """Whether an association type marks the main one of several: HubSpot's `Primary`, never a label of a user's."""
    return category == HUBSPOT_DEFINED and (type_id in PRIMARY_TYPE_IDS or label == PRIMARY)


def association_definition_rows(
    labels: LabelsByPair, types: Iterable[ObjectTypeDefinition], read_at: datetime, sync_id: str
) -> pa.Table:
    """Return the rows of ASSOCIATION_DEFINITIONS.

    Args:
        labels: What each pair's labels endpoint answered: it alone knows categories, so it decides what is there.
        types: Object types whose schemas add names, cardinalities and limits.
        read_at: When HubSpot's answers were read (aware).
        sync_id: The sync that writes them.
    """
    named = {
        (each.from_object_type_id, each.to_object_type_id, int(each.id)): each
        for type_ in types
        for each in type_.associations or ()
    }
    rows = []
    for (from_id, to_id), of_pair in labels.items():
        for label in of_pair:
            known = named.get((from_id, to_id, label.type_id))
            rows.append(
                {
                    "FROMOBJECTTYPEID": from_id,
                    "TOOBJECTTYPEID": to_id,
                    "CATEGORY": label.category,
                    "ID": label.type_id,
                    "LABEL": label.label,
                    "NAME": known.name if known else None,
                    "CARDINALITY": known.cardinality if known else None,
                    "MAXTOOBJECTIDS": known.max_to_object_ids if known else None,
                    "ISMAINASSOCIATIONDEFINITION": is_main(label.category, label.type_id, label.label),
                }
            )
    return rows_of(ASSOCIATION_DEFINITIONS, rows, read_at, sync_id)


def object_type_rows(
    types: Iterable[ObjectTypeDefinition], tables: Mapping[str, str], read_at: datetime, sync_id: str
) -> pa.Table:
    """Return the rows of OBJECT_AND_EVENT_TYPE_DEFINITIONS that are object types.

    Args:
        types: The object types.
        tables: Where records are, by object type id; types that are not synced are missing.
        read_at: When HubSpot's answers were read (aware).
        sync_id: The sync that writes them.
    """
    rows = (
        {
            "ID": each.object_type_id,
            "METATYPE": "object",
            "NAME": each.name,
            "FULLYQUALIFIEDNAME": each.fully_qualified_name or None,
            "SINGULARLABEL": each.labels.singular,
            "PLURALLABEL": each.labels.plural,
            "DESCRIPTION": each.description,
            "PRIMARYDISPLAYPROPERTY": each.primary_display_property,
            "TABLENAME": tables.get(each.object_type_id),
            "ARCHIVED": bool(each.archived),
            "CREATEDAT": moment(each.created_at),
            "UPDATEDAT": moment(each.updated_at),
        }
        for each in types
    )
    return rows_of(OBJECT_AND_EVENT_TYPE_DEFINITIONS, rows, read_at, sync_id)


def event_type_rows(
    types: Iterable[EventDefinition], tables: Mapping[str, str], read_at: datetime, sync_id: str
) -> pa.Table:
    """Return the rows of OBJECT_AND_EVENT_TYPE_DEFINITIONS that are event types.

    Args:
        types: The account's own event types; HubSpot defines no others.
        tables: Where events are, by the full name of their type; types that are not read are missing.
        read_at: When HubSpot's answers were read (aware).
        sync_id: The sync that writes them.
    """
    rows = (
        {
            "ID": each.object_type_id or each.fully_qualified_name,
            "METATYPE": "event",
            "NAME": each.name,
            "FULLYQUALIFIEDNAME": each.fully_qualified_name,
            "SINGULARLABEL": each.labels.singular,
            "PLURALLABEL": each.labels.plural,
            "DESCRIPTION": each.description,
            "TABLENAME": tables.get(each.fully_qualified_name.lower()),
            "ARCHIVED": bool(each.archived),
            "CREATEDAT": moment(each.created_at),
        }
        for each in types
    )
    return rows_of(OBJECT_AND_EVENT_TYPE_DEFINITIONS, rows, read_at, sync_id)
