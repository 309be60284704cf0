"""The table of workflows."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from hubspot_assets.hubspot.workflows import Workflow
from hubspot_assets.tables.filling import filled
from hubspot_assets.tables.satellite import column, instant, satellite, text

WORKFLOWS = satellite(
    "WORKFLOWS",
    "Workflows: which there are, not what they do.",
    [
        text("WORKFLOWID", "HubSpot's id of the workflow."),
        text("NAME", "Its name."),
        column("ISENABLED", pa.bool_(), "Whether it runs."),
        text("OBJECTTYPEID", "HubSpot's id of the object type of the records that go through it."),
        text("FLOWTYPE", "WORKFLOW, ACTION_SET …"),
        text("REVISIONID", "Moves with every edit."),
        instant("CREATEDAT", "When it was made"),
        instant("UPDATEDAT", "When it was last edited"),
        instant("DELETEDAT", "When a sync first knew that the workflow is gone; NULL while it is there"),
    ],
    key=("WORKFLOWID",),
)


def workflow_rows(workflows: Sequence[Workflow], *, read_at: datetime, sync_id: str) -> pa.Table:
    """Return workflows as rows of WORKFLOWS.

    Raises:
        UnreadableAnswer: HubSpot sent a value that does not fit its column.
    """
    return filled(
        WORKFLOWS,
        {
            "WORKFLOWID": [each.id for each in workflows],
            "NAME": [each.name for each in workflows],
            "ISENABLED": [each.is_enabled for each in workflows],
            "OBJECTTYPEID": [each.object_type_id for each in workflows],
            "FLOWTYPE": [each.flow_type for each in workflows],
            "REVISIONID": [each.revision_id for each in workflows],
            "CREATEDAT": [each.created_at for each in workflows],
            "UPDATEDAT": [each.updated_at for each in workflows],
        },
        read_at=read_at,
        sync_id=sync_id,
    )
