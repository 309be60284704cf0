"""What a batch read says about the records that it does not give.

HubSpot answers 207, or 200 with `errors` since 2026-09. Only `OBJECT_NOT_FOUND` says that a record does not exist. Any
other error says that HubSpot failed to look, and an id that is neither given nor named leaves open what it is: taking
either for absent lost rows, and had an archived record marked as purged.
"""

from collections.abc import Iterable

import msgspec

from hubspot_assets.hubspot.transport.client import Answer
from hubspot_assets.hubspot.transport.errors import PartialAnswer

_ABSENT = "OBJECT_NOT_FOUND"
_NAMED = 5
"""How many ids an error shows."""


class _ItemError(msgspec.Struct):
    """One of `errors`: of whatever shape, since every field is optional."""

    category: object = None
    message: object = None
    context: object = None
    id: object = None

    @property
    def ids(self) -> frozenset[str]:
        """The ids that it is about, as far as it names them."""
        context = self.context if isinstance(self.context, dict) else {}
        named = [self.id, context.get("id"), context.get("ids")]
        texts = [text for each in named for text in (each if isinstance(each, list) else [each])]
        return frozenset(str(text) for text in texts if text is not None)


class _Batch(msgspec.Struct):
    errors: list[_ItemError] | None = None


class Absences:
    """Which records of a batch do not exist, by the word of HubSpot's answer.

    Args:
        answer: The answer to a batch read.
    """

    def __init__(self, answer: Answer) -> None:
        errors = answer.decode(_Batch).errors or []
        self._failures = [error for error in errors if error.category != _ABSENT]
        self._absent = frozenset(id_ for error in errors if error.category == _ABSENT for id_ in error.ids)

    def unaccounted(self, asked: Iterable[str], given: Iterable[str]) -> list[str]:
        """Return the ids asked for of which HubSpot says nothing at all.

        Args:
            asked: The ids asked for.
            given: The ids of the records that came.

        Raises:
            PartialAnswer: HubSpot says of some that it failed to read them. It may pass by itself.
        """
        open_ids = set(asked) - set(given) - self._absent
        if open_ids and self._failures:
            failure = next((each for each in self._failures if each.ids & open_ids), self._failures[0])
            raise PartialAnswer(
                f"HubSpot read only a part of a batch: it answered {failure.category or 'an error'} for "
                f"{len(open_ids)} records ({_listed(open_ids)}), and said: {failure.message or 'nothing'}"
            )
        return sorted(open_ids)


def _listed(ids: Iterable[str]) -> str:
    ordered = sorted(ids)
    return ", ".join(ordered[:_NAMED]) + (", …" if len(ordered) > _NAMED else "")
