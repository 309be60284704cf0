"""The tables PIPELINES and PIPELINE_STAGES: what records of each object type go through."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from hubspot_assets.hubspot.pipelines import Pipeline
from hubspot_assets.tables import values
from hubspot_assets.tables.satellite import column, instant, json_text, moment, rows_of, satellite, text

PIPELINES = satellite(
    "PIPELINES",
    "The pipelines of each object type.",
    [
        text("OBJECTTYPEID", "HubSpot's id of the object type."),
        text("PIPELINEID", "What the records' pipeline property holds."),
        text("LABEL", "Name."),
        column("DISPLAYORDER", pa.int64(), "Its place among the pipelines."),
        column("ARCHIVED", pa.bool_(), "Whether it is archived."),
        instant("CREATEDAT", "When it was created; 1970 for HubSpot's own"),
        instant("UPDATEDAT", "When it was last modified"),
        instant("DELETEDAT", "When a sync first knew that it is gone; NULL while it is there"),
    ],
    key=("OBJECTTYPEID", "PIPELINEID"),
)
PIPELINE_STAGES = satellite(
    "PIPELINE_STAGES",
    "The stages of each pipeline.",
    [
        text("OBJECTTYPEID", "HubSpot's id of the object type."),
        text("PIPELINEID", "The pipeline."),
        text("STAGEID", "What the records' stage property holds (PROPERTY_DEALSTAGE, PROPERTY_HS_PIPELINE_STAGE)."),
        text("LABEL", "Name."),
        column("DISPLAYORDER", pa.int64(), "Its place in the pipeline."),
        text("METADATA", "What HubSpot says of the stage besides, which differs by object type: a JSON object."),
        column("ISCLOSED", pa.bool_(), "Whether records in it are done with; NULL where HubSpot does not say."),
        column("PROBABILITY", pa.decimal128(38, 10), "Of deals: the chance to win, from 0 to 1."),
        column("ARCHIVED", pa.bool_(), "Whether it is archived."),
        instant("CREATEDAT", "When it was created; 1970 for HubSpot's own"),
        instant("UPDATEDAT", "When it was last modified"),
        instant("DELETEDAT", "When a sync first knew that it is gone; NULL while it is there"),
    ],
    key=("OBJECTTYPEID", "PIPELINEID", "STAGEID"),
    json=("METADATA",),
)

PipelinesByType = Mapping[str, Iterable[Pipeline]]
"""Pipelines by object type id."""


def pipeline_rows(pipelines: PipelinesByType, read_at: datetime, sync_id: str) -> pa.Table:
    """Return the rows of PIPELINES."""
    rows = (
        {
            "OBJECTTYPEID": object_type_id,
            "PIPELINEID": pipeline.id,
            "LABEL": pipeline.label,
            "DISPLAYORDER": pipeline.display_order,
            "ARCHIVED": pipeline.archived,
            "CREATEDAT": moment(pipeline.created_at),
            "UPDATEDAT": moment(pipeline.updated_at),
        }
        for object_type_id, of_type in pipelines.items()
        for pipeline in of_type
    )
    return rows_of(PIPELINES, rows, read_at, sync_id)


def stage_rows(pipelines: PipelinesByType, read_at: datetime, sync_id: str) -> pa.Table:
    """Return the rows of PIPELINE_STAGES."""
    rows = (
        {
            "OBJECTTYPEID": object_type_id,
            "PIPELINEID": pipeline.id,
            "STAGEID": stage.id,
            "LABEL": stage.label,
            "DISPLAYORDER": stage.display_order,
            "METADATA": json_text(stage.metadata),
            "ISCLOSED": _is_closed(stage.metadata or {}),
            "PROBABILITY": _probability(stage.metadata or {}),
            "ARCHIVED": stage.archived,
            "CREATEDAT": moment(stage.created_at),
            "UPDATEDAT": moment(stage.updated_at),
        }
        for object_type_id, of_type in pipelines.items()
        for pipeline in of_type
        for stage in pipeline.stages
    )
    return rows_of(PIPELINE_STAGES, rows, read_at, sync_id)


def _is_closed(metadata: Mapping[str, object]) -> bool | None:
    """Deals and tickets say `isClosed`, other types `state` (or, as tickets too, a state of their own name)."""
    told = values.boolean(str(metadata.get("isClosed", "")))
    if told is not None:
        return told
    for name in ("state", "ticketState"):
        state = str(metadata.get(name, "")).upper()
        if state in ("OPEN", "CLOSED"):
            return state == "CLOSED"
    return None


def _probability(metadata: Mapping[str, object]) -> Decimal | None:
    # What is no number stays in METADATA.
    return values.number(str(metadata.get("probability", "")))
