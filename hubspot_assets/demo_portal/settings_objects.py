"""What an account's settings hold next to records: owners, teams and pipelines."""

from collections.abc import Mapping
from dataclasses import dataclass

from hubspot_assets.demo_portal.clock import instant_text

EPOCH_TEXT = "1970-01-01T00:00:00Z"
SALES_PIPELINE = "default"
SUPPORT_PIPELINE = "0"


@dataclass(frozen=True, slots=True)
class Owner:
    """A user (or queue) that records can belong to. `user_id` is None for archived owners on the wire."""

    id: int
    user_id: int
    first_name: str
    last_name: str
    team: tuple[str, str] = ("368389", "Sales Team")
    archived: bool = False
    created_at: int = 1_672_531_200_000

    @property
    def email(self) -> str:
        """The owner's address."""
        return f"{self.first_name}.{self.last_name}@demo-portal.example".lower()

    def as_json(self) -> dict[str, object]:
        """The owner as the owners API writes it."""
        team_id, team_name = self.team
        return {
            "id": str(self.id),
            "email": self.email,
            "type": "PERSON",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userId": None if self.archived else self.user_id,
            "userIdIncludingInactive": self.user_id,
            "createdAt": instant_text(self.created_at),
            "updatedAt": instant_text(self.created_at),
            "archived": self.archived,
            "teams": [{"id": team_id, "name": team_name, "primary": True}],
        }


_SUPPORT_TEAM = ("368390", "Support Team")
OWNERS: tuple[Owner, ...] = (
    Owner(41629779, 9586504, "Ada", "Okafor"),
    Owner(41629780, 9586505, "Björn", "Lindqvist"),
    Owner(41629795, 9586611, "Camila", "Torres"),
    Owner(41630001, 9587002, "Dmitri", "Petrov"),
    Owner(50912233, 12000451, "Emma", "Walker"),
    Owner(50912234, 12000452, "Farah", "Haddad"),
    Owner(77001200, 30045612, "Jonas", "Weber", _SUPPORT_TEAM),
    Owner(77001201, 30045613, "Mei", "Chen", _SUPPORT_TEAM),
    Owner(77001333, 30049999, "Niamh", "Murphy", _SUPPORT_TEAM),
    Owner(41629781, 9586506, "Pedro", "Almeida", archived=True),
    Owner(41629999, 9586999, "Yara", "Silva", archived=True),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a pipeline; metadata values are texts, as HubSpot sends them."""

    id: str
    label: str
    metadata: Mapping[str, str]
    closed: bool = False

    @property
    def probability(self) -> str:
        """Chance to win a deal in this stage."""
        return self.metadata.get("probability", "")


def _deal_stage(stage_id: str, label: str, probability: str, *, closed: bool = False) -> Stage:
    return Stage(stage_id, label, {"isClosed": str(closed).lower(), "probability": probability}, closed)


DEAL_STAGES = (
    _deal_stage("appointmentscheduled", "Appointment Scheduled", "0.2"),
    _deal_stage("qualifiedtobuy", "Qualified To Buy", "0.4"),
    _deal_stage("presentationscheduled", "Presentation Scheduled", "0.6"),
    _deal_stage("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
    _deal_stage("contractsent", "Contract Sent", "0.9"),
    _deal_stage("closedwon", "Closed Won", "1.0", closed=True),
    _deal_stage("closedlost", "Closed Lost", "0.0", closed=True),
)
TICKET_STAGES = (
    Stage("1", "New", {"ticketState": "OPEN", "isClosed": "false"}),
    Stage("2", "Waiting on contact", {"ticketState": "OPEN", "isClosed": "false"}),
    Stage("3", "Waiting on us", {"ticketState": "OPEN", "isClosed": "false"}),
    Stage("4", "Closed", {"ticketState": "CLOSED", "isClosed": "true"}, closed=True),
)
LEAD_STAGES = (
    Stage("new-stage-id", "New", {"leadState": "NEW"}),
    Stage("attempting-stage-id", "Attempting", {"leadState": "IN_PROGRESS"}),
    Stage("connected-stage-id", "Connected", {"leadState": "IN_PROGRESS"}),
    Stage("qualified-stage-id", "Qualified", {"leadState": "QUALIFIED"}, closed=True),
)
PIPELINES: Mapping[str, tuple[tuple[str, str, tuple[Stage, ...]], ...]] = {
    "deals": ((SALES_PIPELINE, "Sales Pipeline", DEAL_STAGES),),
    "tickets": ((SUPPORT_PIPELINE, "Support Pipeline", TICKET_STAGES),),
    "leads": (("lead-pipeline-id", "Lead pipeline", LEAD_STAGES),),
}
"""Pipelines by object type: id, label and stages."""


def pipeline_json(pipeline: tuple[str, str, tuple[Stage, ...]]) -> dict[str, object]:
    """A pipeline with its stages as the pipelines API writes it."""
    pipeline_id, label, stages = pipeline
    return {
        "id": pipeline_id,
        "label": label,
        "displayOrder": 0,
        "archived": False,
        "createdAt": EPOCH_TEXT,
        "updatedAt": EPOCH_TEXT,
        "stages": [
            {
                "id": stage.id,
                "label": stage.label,
                "displayOrder": order,
                "metadata": dict(stage.metadata),
                "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
                "archived": False,
                "createdAt": EPOCH_TEXT,
                "updatedAt": EPOCH_TEXT,
            }
            for order, stage in enumerate(stages)
        ],
    }
