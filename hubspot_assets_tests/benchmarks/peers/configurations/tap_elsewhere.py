"""Runs `tap-hubspot` against another address than HubSpot's, for which it has no setting.

Nothing but the host in `url_base` differs from `tap-hubspot` itself.
"""

import os
from collections.abc import Iterator

from tap_hubspot import client, streams  # noqa: F401 # pyright: ignore[reportMissingImports]
from tap_hubspot.tap import TapHubspot  # pyright: ignore[reportMissingImports]

HUBSPOT = "https://api.hubapi.com"


def _below(kind: type) -> Iterator[type]:
    yield kind
    for each in kind.__subclasses__():
        yield from _below(each)


def _elsewhere(kind: type) -> None:
    own = vars(kind).get("url_base")
    if isinstance(own, property):
        base = own.fget
        assert base is not None
        kind.url_base = property(lambda stream: base(stream).replace(HUBSPOT, os.environ["PEER_URL"]))  # pyright: ignore


if __name__ == "__main__":
    for each in set(_below(client.HubspotStream)):
        _elsewhere(each)
    TapHubspot.cli()
