"""The truth about everything beside records and associations: streams of JSON values, by name.

The control plane answers `GET /__portal/stream/{name}?…` with them, one value a line; the query holds the arguments.
"""

from collections.abc import Callable, Iterator, Mapping

from hubspot_assets.demo_portal.account import Account

Stream = Callable[..., Iterator[object]]


def history(account: Account, type: str) -> Iterator[object]:
    """Every version of a value that was ever answered (see `history.History.served`)."""
    return account.history.served(account.store(type).object_type.name)


STREAMS: Mapping[str, Stream] = {stream.__name__: stream for stream in (history,)}


def stream(account: Account, name: str, arguments: Mapping[str, str]) -> Iterator[object]:
    """A stream by name.

    Raises:
        KeyError: there is no such stream, or no such object type, list or event.
        TypeError: it takes other arguments.
    """
    if name not in STREAMS:
        raise KeyError(f"There is no stream {name!r}; there are {', '.join(STREAMS)}.")
    # Taken at once: the account may change while the answer is on its way.
    return iter(list(STREAMS[name](account, **arguments)))
