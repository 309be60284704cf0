"""What people filled in: of each form the newest first, until what is known.

HubSpot has no list of the submissions of all forms, so an idle sync asks for the first page of each form.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, pairwise

from hubspot_assets.hubspot.forms import Form, Submission, SubmissionPage, SubmissionsOf, SubmissionsRead
from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden, MissingScopes
from hubspot_assets.sync.commits import Commits
from hubspot_assets.sync.source import Batch, Mode, Plan, Rows, Target, Unavailable, Work, new_sync_id
from hubspot_assets.sync.state import State
from hubspot_assets.tables.forms import FORM_SUBMISSIONS, submission_rows
from hubspot_assets.warehouse.base import Filters, Warehouse, Write

STRATEGY = "newest"
"""How submissions are read (column STRATEGY of SYNCS)."""


@dataclass(frozen=True, kw_only=True)
class SubmissionsPlan(Plan):
    """What one sync of submissions is going to do.

    Attributes:
        batches: What is new, begun to be read.
    """

    batches: Iterator[Batch] = field(default_factory=lambda: iter(()))


@dataclass
class FormSubmissionsSource:
    """The submissions of all forms.

    Attributes:
        client: The HubSpot client.
        forms: Asks HubSpot for the forms, or knows them already.
        full: Whether to read all submissions, the known ones too.
        sync_id: The id of this sync.
    """

    client: Client
    forms: Callable[[], Sequence[Form]]
    full: bool = False
    sync_id: str = field(default_factory=new_sync_id)

    def __post_init__(self) -> None:
        self.name = "form submissions"
        self.target = Target(FORM_SUBMISSIONS.name)
        self._latest: Mapping[str, int] = {}
        self._known: frozenset[tuple[str, str]] = frozenset()
        self._refused = 0

    def look(self, state: State, warehouse: Warehouse) -> None:
        """See up to which instant the submissions of each form are known."""
        if self.full or state.covered_until is None:
            return
        # A sync that died may have brought the newest of a form, and not those between them and the known ones.
        whole: Filters = [("SYNCID", "!=", sync_id) for sync_id in state.unfinished]
        name = FORM_SUBMISSIONS.name
        latest = warehouse.aggregate(name, ["FORMID"], {"SUBMITTEDAT": "max"}, whole).to_pylist()
        self._latest = {row["FORMID"]: _milliseconds(row["SUBMITTEDAT"]) for row in latest}
        instants = sorted({row["SUBMITTEDAT"] for row in latest})
        if instants:
            known = warehouse.read(name, ["FORMID", "SUBMISSIONID"], (*whole, ("SUBMITTEDAT", "in", instants)))
            self._known = frozenset(zip(*(known[column].to_pylist() for column in known.column_names), strict=True))

    def plan(self, state: State, warehouse: Warehouse) -> SubmissionsPlan:  # noqa: ARG002
        """Ask for the newest of each form, until something is new: only that is worth a row of SYNCS."""
        now = self.client.now()
        mode = state.mode(full=self.full)
        batches = self._batches()
        first = next(batches, None)
        idle = first is None and mode is Mode.INCREMENTAL
        return SubmissionsPlan(
            mode=mode,
            strategy=STRATEGY,
            window=Window(state.covered_until if mode is Mode.INCREMENTAL else None, now),
            covered_until=now,
            idle=idle,
            sentence="nothing has changed" if idle else "reads the submissions of each form, the newest first",
            table=FORM_SUBMISSIONS,
            remarks=(f"HubSpot does not give out the submissions of {self._refused:,} forms.",)
            if self._refused and idle
            else (),
            batches=batches if first is None else chain((first,), batches),
        )

    def read(self, plan: SubmissionsPlan, work: Work) -> Iterator[Batch]:  # noqa: ARG002
        """Yield what is new."""
        yield from plan.batches

    def conclude(self, plan: SubmissionsPlan, commits: Commits) -> Sequence[Write]:  # noqa: ARG002
        """Do nothing: submissions never go."""
        return ()

    def facts(self) -> dict[str, int]:
        """Return how many forms HubSpot lists and refuses the submissions of."""
        return {"forms_refused": self._refused} if self._refused else {}

    def _batches(self) -> Iterator[Batch]:
        try:
            questions = [SubmissionsOf(each.id, each.form_type, self._latest.get(each.id)) for each in self.forms()]
            for page in SubmissionsRead(self.client, questions):
                self._refused += page.refused
                new = self._new(page)
                if new:
                    rows = submission_rows(page.form_id, new, read_at=page.read_at, sync_id=self.sync_id)
                    yield Batch((Rows(FORM_SUBMISSIONS, rows),), len(new))
        except (MissingScopes, Forbidden) as error:
            raise Unavailable(str(error)) from None

    def _new(self, page: SubmissionPage) -> Sequence[Submission]:
        """The submissions of a page that are not known; all of a page that is not in order, which tells nothing."""
        since = self._latest.get(page.form_id)
        if since is None or any(one.submitted_at < other.submitted_at for one, other in pairwise(page.submissions)):
            return page.submissions
        return [
            each
            for each in page.submissions
            if each.submitted_at >= since and (page.form_id, each.id) not in self._known
        ]


def _milliseconds(instant: datetime) -> int:
    return round(instant.replace(tzinfo=UTC).timestamp() * 1000)
