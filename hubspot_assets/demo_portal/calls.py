"""One request on its way through the portal, and the answer it gets."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode

import msgspec

from hubspot_assets.demo_portal.account import Account
from hubspot_assets.demo_portal.errors import JSON_CONTENT_TYPE, invalid
from hubspot_assets.demo_portal.limits import Bucket
from hubspot_assets.demo_portal.portal_types import PortalType
from hubspot_assets.demo_portal.rendering import Renderer
from hubspot_assets.demo_portal.store import RecordStore
from hubspot_assets.demo_portal.tokens import Token

encode = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """What goes back: JSON bytes, a status, and how many records they hold (for the log)."""

    body: bytes
    status: int = 200
    rows: int = 0
    content_type: str = JSON_CONTENT_TYPE


@dataclass(slots=True)
class Call:
    """A request that was let in.

    Attributes:
        version: Version of the API asked for: `2026-09`, `v3`, ….
        path: As asked for.
        parameters: The variable parts of the path.
        query: Query parameters, each with all its values.
    """

    account: Account
    token: Token
    version: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes

    def parameter(self, name: str, default: str = "") -> str:
        """One query parameter; the last value when it is repeated."""
        return self.query[name][-1] if name in self.query else default

    def flag(self, name: str) -> bool:
        """A query parameter that is true or false; false when absent."""
        return self.parameter(name, "false").lower() == "true"

    def names(self, name: str) -> list[str]:
        """A query parameter that lists names: separated by commas, repeated, or both."""
        return [each for text in self.query.get(name, ()) for each in text.split(",") if each]

    def limit(self, default: int, most: int) -> int:
        """The `limit` query parameter.

        Raises:
            Refusal: 400, it is no number from 1 to `most`.
        """
        text = self.parameter("limit", str(default))
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise invalid(f"The limit of a page is a number from 1 to {most}", limit=[text])
        return int(text)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            Refusal: 400, it is none.
        """
        try:
            decoded = msgspec.json.decode(self.body)
        except msgspec.DecodeError as problem:
            raise invalid(f"Invalid input JSON on line 1, column 1: {problem}") from None
        if not isinstance(decoded, dict):
            raise invalid("Invalid input JSON: an object is expected")
        return decoded

    def object_type(self, parameter: str = "type") -> PortalType:
        """The object type that the path names.

        Raises:
            Refusal: 400, there is no such type.
        """
        return self.account.types.resolve(self.parameters[parameter])

    def records(self) -> RecordStore:
        """The records that the path names, if the token may read them.

        Raises:
            Refusal: 400, there is no such type; 403, a scope is missing.
        """
        object_type = self.object_type()
        self.token.require(*object_type.scopes)
        return self.account.stores[object_type.name]

    def renderer(self, store: RecordStore, asked_for: Iterable[str]) -> Renderer:
        """A renderer of the properties asked for (the defaults when there are none) that the token may see."""
        object_type = store.object_type
        names = list(asked_for)
        wanted = {*names, *object_type.always} if names else set(object_type.defaults)
        return self.account.renderer(store, sorted(wanted - self.hidden(store)))

    def hidden(self, store: RecordStore) -> set[str]:
        """The sensitive properties that the token may not see."""
        noun = "custom" if store.object_type.custom else store.object_type.name
        unseen = [
            sensitivity
            for sensitivity in ("sensitive", "highly_sensitive")
            if not self.token.may(f"crm.objects.{noun}.{sensitivity}.read")
        ]
        return {each.name for each in store.layout.by_name.values() if each.sensitivity in unseen} if unseen else set()

    def link(self, after: str) -> str:
        """The address of the next page, as HubSpot puts it beside the cursor."""
        query = {**{name: values[-1] for name, values in self.query.items()}, "after": after}
        return f"https://api.hubapi.com{self.path}?{urlencode(query)}"


Handler = Callable[[Call], Answer]


class Endpoint(NamedTuple):
    """A method and path (without the version) of the API, and what answers it."""

    method: str
    path: str
    handler: Handler
    bucket: Bucket = Bucket.BURST


def answer(body: object, status: int = 200) -> Answer:
    """An answer holding a JSON value."""
    return Answer(encode(body), status)


def parse_query(text: str) -> dict[str, list[str]]:
    """Query parameters by name."""
    return parse_qs(text, keep_blank_values=True) if text else {}


def results(
    rows: Sequence[bytes], paging: Mapping[str, object] | None = None, fields: Mapping[str, object] | None = None
) -> Answer:
    """An answer with rendered records under `results`, other fields, and paging only when there is more."""
    parts = [b'{"results":[', b",".join(rows), b"]"]
    for name, value in {**(fields or {}), **({"paging": {"next": paging}} if paging else {})}.items():
        parts += [b',"', name.encode(), b'":', encode(value)]
    return Answer(b"".join((*parts, b"}")), rows=len(rows))
