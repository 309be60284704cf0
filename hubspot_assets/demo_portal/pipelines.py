"""The pipelines of the account: which stages records go through, by object type."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hubspot_assets.demo_portal.clock import instant_text

SALES_PIPELINE = "default"
SUPPORT_PIPELINE = "0"


def _instant(milliseconds: int) -> str:
    """HubSpot's own pipelines date from 1970, without milliseconds."""
    return instant_text(milliseconds) if milliseconds else "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a pipeline; metadata values are texts, as HubSpot sends them."""

    id: str
    label: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False
    created_at: int = 0
    updated_at: int = 0

    @property
    def probability(self) -> str:
        """Chance to win a deal in this stage."""
        return self.metadata.get("probability", "")

    def as_json(self, order: int) -> dict[str, object]:
        """The stage as the pipelines API writes it."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": order,
            "metadata": dict(self.metadata),
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            "archived": False,
            "createdAt": _instant(self.created_at),
            "updatedAt": _instant(self.updated_at),
        }


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline and its stages, in the order that people see."""

    id: str
    label: str
    stages: tuple[Stage, ...] = ()
    created_at: int = 0
    updated_at: int = 0

    def as_json(self, order: int) -> dict[str, object]:
        """The pipeline as the pipelines API writes it; HubSpot does not sort the stages."""
        stages = [stage.as_json(number) for number, stage in enumerate(self.stages)]
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": order,
            "archived": False,
            "createdAt": _instant(self.created_at),
            "updatedAt": _instant(self.updated_at),
            "stages": sorted(stages, key=lambda stage: str(stage["label"])),
        }


def _deal_stage(stage_id: str, label: str, probability: str, *, closed: bool = False) -> Stage:
    return Stage(stage_id, label, {"isClosed": str(closed).lower(), "probability": probability}, closed)


def _stages(*labels: str, closed: int = 1) -> tuple[Stage, ...]:
    """Stages with a state, of which so many at the end are closed."""
    last_open = len(labels) - closed
    return tuple(
        Stage(f"{label.lower().replace(' ', '-')}-stage", label, {"state": "OPEN" if number < last_open else "CLOSED"})
        for number, label in enumerate(labels)
    )


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
_LIFECYCLE_STAGES = (
    Stage("subscriber", "Subscriber"),
    Stage("lead", "Lead"),
    Stage("marketingqualifiedlead", "Marketing Qualified Lead"),
    Stage("salesqualifiedlead", "Sales Qualified Lead"),
    Stage("opportunity", "Opportunity"),
    Stage("customer", "Customer"),
    Stage("evangelist", "Evangelist"),
    Stage("other", "Other"),
)
PIPELINES: Mapping[str, tuple[Pipeline, ...]] = {
    "contacts": (Pipeline("contacts-lifecycle-pipeline", "Lifecycle Stage Pipeline", _LIFECYCLE_STAGES),),
    "companies": (Pipeline("companies-lifecycle-pipeline", "Lifecycle Stage Pipeline", _LIFECYCLE_STAGES),),
    "deals": (Pipeline(SALES_PIPELINE, "Sales Pipeline", DEAL_STAGES),),
    "tickets": (Pipeline(SUPPORT_PIPELINE, "Support Pipeline", TICKET_STAGES),),
    "leads": (Pipeline("lead-pipeline-id", "Lead pipeline", LEAD_STAGES),),
    "orders": (Pipeline("order-pipeline-id", "Order pipeline", _stages("Open", "Processed", "Shipped", "Delivered")),),
    "services": (Pipeline("service-pipeline-id", "Service pipeline", _stages("New", "In progress", "Closed")),),
    "appointments": (Pipeline("appointment-pipeline-id", "Appointments", _stages("Scheduled", "Completed")),),
    "courses": (Pipeline("course-pipeline-id", "Courses", _stages("Active", "Completed")),),
    "listings": (Pipeline("listing-pipeline-id", "Listings", _stages("For sale", "Sold")),),
    "cars": (Pipeline("car-pipeline-id", "Fleet", _stages("In use", "In repair", "Sold")),),
}
"""Pipelines at the start, by object type; types that are not named here cannot have any."""


class Pipelines:
    """The pipelines of one account; a control call may change them."""

    def __init__(self) -> None:
        self._by_type = {name: {each.id: each for each in pipelines} for name, pipelines in PIPELINES.items()}

    def of(self, name: str) -> list[dict[str, object]] | None:
        """The pipelines of an object type as HubSpot writes them, the newest first; None if it cannot have any."""
        pipelines = self._by_type.get(name)
        if pipelines is None:
            return None
        return [each.as_json(order) for order, each in enumerate(pipelines.values())][::-1]

    def as_json(self) -> dict[str, list[dict[str, object]] | None]:
        """All pipelines by object type."""
        return {name: self.of(name) for name in self._by_type}

    def put(
        self, name: str, pipeline_id: str, now: int, label: str | None, stages: Iterable[Mapping[str, Any]] | None
    ) -> None:
        """Change a pipeline or make one; `stages` replaces all of them."""
        pipelines = self._by_type[name]
        pipeline = pipelines.get(pipeline_id, Pipeline(pipeline_id, pipeline_id, created_at=now))
        known = {stage.id: stage for stage in pipeline.stages}
        made = tuple(
            replace(known.get(each["id"], Stage(each["id"], each["id"], created_at=now)), **{**each, "updated_at": now})
            for each in stages or ()
        )
        pipelines[pipeline_id] = replace(
            pipeline,
            label=label or pipeline.label,
            stages=pipeline.stages if stages is None else made,
            updated_at=now,
        )

    def remove(self, name: str, pipeline_id: str) -> None:
        """Delete a pipeline and its stages: HubSpot keeps no trace of them."""
        del self._by_type[name][pipeline_id]
