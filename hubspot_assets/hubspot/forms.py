"""Forms, and what people filled in."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import msgspec

from hubspot_assets.hubspot.in_flight import InFlight
from hubspot_assets.hubspot.listing import id_of, listed
from hubspot_assets.hubspot.paging import Paged
from hubspot_assets.hubspot.transport import legacy
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import BadRequest, NotFound, UnreadableAnswer

_FORMS_PER_PAGE = "500"
SUBMISSIONS_PER_PAGE = 50
MOST_IN_FLIGHT = 16
WITHOUT_SUBMISSIONS = "blog_comment"
"""Forms of this type HubSpot lists, but refuses to give the submissions of."""
_NOT_ALLOWED = "FORM_TYPE_NOT_ALLOWED"
"""How it refuses them, and those of whatever types come later."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form.

    Attributes:
        id: GUID.
        form_type: `hubspot`, `captured`, `flow` or `blog_comment`.
        archived: Whether it is in the recycle bin.
        fields: All that HubSpot says.
    """

    id: str
    form_type: str | None
    archived: bool
    fields: dict[str, Any]


class Submission(msgspec.Struct, frozen=True, rename="camel"):
    """What somebody filled in.

    Attributes:
        submitted_at: Epoch milliseconds.
        values: Name, value and object type of each field; a field may have several.
        page_url: Where.
        conversion_id: HubSpot's id; it may be missing.
    """

    submitted_at: int
    values: list[dict[str, Any]] = []
    page_url: str | None = None
    conversion_id: str | None = None

    @property
    def id(self) -> str:
        """HubSpot's id; where it gives none, a digest of instant and values, the same at every reading."""
        if self.conversion_id:
            return self.conversion_id
        told = sorted((str(each.get("name")), str(each.get("value"))) for each in self.values)
        text = repr((self.submitted_at, told)).encode("utf-8", "surrogatepass")
        return f"digest-{hashlib.sha256(text).hexdigest()[:32]}"

    @property
    def email(self) -> str | None:
        """The address that was filled in, which is how HubSpot matches a contact."""
        values = (each.get("value") for each in self.values if str(each.get("name")).lower() == "email")
        return next((str(value) for value in values if value), None)


@dataclass(frozen=True, slots=True)
class SubmissionsOf:
    """A question for the submissions of a form.

    Attributes:
        form_id: The form.
        form_type: Its type.
        since: The latest instant of submission that is known, in epoch milliseconds; submissions of that very instant
            are read again. None for all submissions.
    """

    form_id: str
    form_type: str | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class SubmissionPage:
    """Some submissions of a form.

    Attributes:
        form_id: The form.
        submissions: Those of one answer.
        done: Whether no more follow that are not known.
        refused: Whether HubSpot does not give out the submissions of this form.
        read_at: When the answer arrived (aware, UTC).
    """

    form_id: str
    submissions: Sequence[Submission]
    done: bool
    refused: bool
    read_at: datetime


class _Submissions(Paged):
    results: list[Submission]


@dataclass(frozen=True, slots=True)
class _Question:
    of: SubmissionsOf
    after: str | None = None
    ordered: bool = True


def forms(client: Client) -> list[Form]:
    """Read the forms of all types, archived ones too, one per id.

    Raises:
        MissingScopes: The token lacks `forms`.
        HubSpotError: What else the client could not get over.
    """
    found: dict[str, Form] = {}
    # Archived ones last: a form that is archived between the two is then met in both, not in neither.
    for archived in (False, True):
        params = {"formTypes": "all", "limit": _FORMS_PER_PAGE, "archived": str(archived).lower()}
        for each in listed(client, legacy.FORMS.path, dict[str, Any], params):
            form = Form(id_of(each), each.get("formType"), bool(each.get("archived", archived)), each)
            found[form.id] = form
    return list(found.values())


class SubmissionsRead:
    """A read of the submissions of many forms, several at once, in flat memory.

    They come newest first: reading stops where submissions are known.

    Args:
        client: The HubSpot client.
        forms: The questions, each form once; taken as they are needed, by the thread that iterates.
        in_flight: The most requests at once.
    """

    def __init__(self, client: Client, forms: Iterable[SubmissionsOf], *, in_flight: int = MOST_IN_FLIGHT) -> None:
        self._client = client
        self._forms = forms
        self._in_flight = in_flight

    def __iter__(self) -> Iterator[SubmissionPage]:
        """Pages in the order they arrive; of each form, the last one is `done`.

        Raises:
            MissingScopes: The token lacks `forms`.
            UnreadableAnswer: Pages lead in a circle.
            HubSpotError: What else the client could not get over. What had been read before was yielded.
        """
        questions = InFlight(self._fetch, map(_Question, self._forms), most=self._in_flight)
        for question, answer in questions:
            of = question.of
            if answer is None:
                yield SubmissionPage(of.form_id, (), True, True, self._client.now())
                continue
            page, read_at = answer
            instants = [each.submitted_at for each in page.results]
            ordered = question.ordered and all(a >= b for a, b in pairwise(instants))
            known = ordered and of.since is not None and bool(instants) and instants[-1] < of.since
            after = None if known else page.after
            if after is not None and after == question.after:
                raise UnreadableAnswer(f"The page of form {of.form_id} after {after!r} leads to itself.")
            if after is not None:
                questions.ask(_Question(of, after, ordered))
            yield SubmissionPage(of.form_id, page.results, after is None, False, read_at)

    def _fetch(self, question: _Question) -> tuple[_Submissions, datetime] | None:
        """A page; None where HubSpot refuses the submissions of this form, or has it no more."""
        of, params = question.of, {"limit": str(SUBMISSIONS_PER_PAGE)}
        if question.after is not None:
            params["after"] = question.after
        try:
            answer = self._client.get(legacy.SUBMISSIONS.path.format(form=of.form_id), params)
        except NotFound as error:
            if error.is_about_a_thing:
                return None
            raise
        except BadRequest as error:
            if of.form_type == WITHOUT_SUBMISSIONS or _NOT_ALLOWED in error.error_types:
                return None
            raise
        return answer.decode(_Submissions), answer.received_at
