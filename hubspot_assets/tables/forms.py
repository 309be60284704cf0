"""The tables of forms and of what people filled in."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from hubspot_assets.hubspot.forms import Form, Submission
from hubspot_assets.tables.filling import filled
from hubspot_assets.tables.satellite import column, instant, json_text, satellite, text

FORMS = satellite(
    "FORMS",
    "Forms of all types, archived ones too.",
    [
        text("FORMID", "HubSpot's id of the form, a GUID."),
        text("NAME", "Its name."),
        text("FORMTYPE", "hubspot, captured, flow or blog_comment."),
        column("ARCHIVED", pa.bool_(), "Whether it is in HubSpot's recycle bin."),
        instant("CREATEDAT", "When it was made"),
        instant("UPDATEDAT", "When it was last edited"),
        instant("ARCHIVEDAT", "Since when it is in the recycle bin"),
        text("DEFINITION", "Its fields and settings, as JSON."),
        instant("DELETEDAT", "When a sync first knew that the form is gone; NULL while it is there"),
    ],
    key=("FORMID",),
    json=("DEFINITION",),
)
FORM_SUBMISSIONS = satellite(
    "FORM_SUBMISSIONS",
    "What people filled in.",
    [
        text("FORMID", "The form."),
        text("SUBMISSIONID", "HubSpot's conversionId; where it gives none, a digest of instant and values."),
        instant("SUBMITTEDAT", "When it was sent"),
        text("EMAIL", "The address that was filled in; HubSpot matches contacts by it."),
        text("PAGEURL", "The page that the form was on."),
        text("VALUES", "The fields: a JSON list of name, value and object type."),
    ],
    key=("FORMID", "SUBMISSIONID"),
    json=("VALUES",),
    immutable=True,
)

_OF_COLUMNS = ("id", "name", "formType", "archived", "createdAt", "updatedAt", "archivedAt")


def form_rows(forms: Sequence[Form], *, read_at: datetime, sync_id: str) -> pa.Table:
    """Return forms as rows of FORMS.

    Raises:
        UnreadableAnswer: HubSpot sent a value that does not fit its column.
    """
    rest = [{name: value for name, value in each.fields.items() if name not in _OF_COLUMNS} for each in forms]
    return filled(
        FORMS,
        {
            "FORMID": [each.id for each in forms],
            "NAME": [each.fields.get("name") for each in forms],
            "FORMTYPE": [each.form_type for each in forms],
            "ARCHIVED": [each.archived for each in forms],
            "CREATEDAT": [each.fields.get("createdAt") for each in forms],
            "UPDATEDAT": [each.fields.get("updatedAt") for each in forms],
            "ARCHIVEDAT": [each.fields.get("archivedAt") if each.archived else None for each in forms],
            "DEFINITION": [json_text(each) for each in rest],
        },
        read_at=read_at,
        sync_id=sync_id,
    )


def submission_rows(form_id: str, submissions: Sequence[Submission], *, read_at: datetime, sync_id: str) -> pa.Table:
    """Return submissions of one form as rows of FORM_SUBMISSIONS.

    Raises:
        UnreadableAnswer: HubSpot sent a value that does not fit its column.
    """
    return filled(
        FORM_SUBMISSIONS,
        {
            "FORMID": [form_id] * len(submissions),
            "SUBMISSIONID": [each.id for each in submissions],
            "SUBMITTEDAT": [each.submitted_at for each in submissions],
            "EMAIL": [each.email for each in submissions],
            "PAGEURL": [each.page_url for each in submissions],
            "VALUES": [json_text(each.values) for each in submissions],
        },
        read_at=read_at,
        sync_id=sync_id,
    )
