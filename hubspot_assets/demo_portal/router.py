"""Finds the endpoint of a path, whatever version of the API it names and wherever in the path."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from starlette.routing import compile_path

from hubspot_assets.demo_portal.calls import Endpoint
from hubspot_assets.demo_portal.errors import method_not_allowed, path_unknown
from hubspot_assets.demo_portal.routes import (
    account,
    associations,
    definitions,
    events,
    legacy_marketing,
    lists,
    marketing,
    objects,
    people,
    search,
)

DATED_VERSIONS = ("2026-03", "2026-09")
NUMBERED_VERSIONS = ("v1", "v2", "v3", "v4")

ENDPOINTS: tuple[Endpoint, ...] = (
    *search.ENDPOINTS,
    *associations.ENDPOINTS,
    *objects.ENDPOINTS,
    *marketing.ENDPOINTS,
    *legacy_marketing.ENDPOINTS,
    *definitions.ENDPOINTS,
    *account.ENDPOINTS,
    *people.ENDPOINTS,
    *lists.ENDPOINTS,
    *events.ENDPOINTS,
)


class Match(NamedTuple):
    """The endpoint of a path."""

    endpoint: Endpoint
    version: str
    parameters: Mapping[str, str]


class Router:
    """All endpoints, by path without the version.

    Dated paths have the version after the family (`/crm/objects/2026-09/contacts`), numbered ones before the
    noun (`/crm/v3/objects/contacts`); both orders are answered for both, as HubSpot does today.
    """

    def __init__(self, endpoints: Iterable[Endpoint] = ENDPOINTS) -> None:
        self._endpoints: list[tuple[re.Pattern[str], Endpoint]] = [
            (compile_path(endpoint.path)[0], endpoint) for endpoint in endpoints
        ]

    def match(self, method: str, path: str) -> Match:
        """The endpoint that answers.

        Raises:
            Refusal: 404 with an HTML page, there is none; 405, there is one for another method.
        """
        version, bare = _without_version(path)
        other_method = False
        for pattern, endpoint in self._endpoints:
            found = pattern.match(bare)
            if found is None:
                continue
            if endpoint.method == method:
                return Match(endpoint, version, found.groupdict())
            other_method = True
        raise method_not_allowed() if other_method else path_unknown()


def _without_version(path: str) -> tuple[str, str]:
    segments = path.removesuffix("/").split("/")
    for position, segment in enumerate(segments[:5]):
        if segment in DATED_VERSIONS or segment in NUMBERED_VERSIONS:
            return segment, "/".join(segments[:position] + segments[position + 1 :])
    raise path_unknown()
