"""The truth about everything beside records and associations: streams of JSON values, by name.

The control plane answers `GET /__portal/stream/{name}?…` with them, one value a line; the query holds the arguments.
"""

from collections.abc import Callable, Iterator, Mapping

from hubspot_assets.demo_portal.account import Account

Stream = Callable[..., Iterator[object]]


def history(account: Account, type: str) -> Iterator[object]:
    """Every version of a value that was ever answered (see `history.History.served`)."""
    return account.history.served(account.store(type).object_type.name)


def lists(account: Account) -> Iterator[object]:
    """Every list that there is, as HubSpot writes it, with its true stamps."""
    names = ("hs_list_size", "hs_folder_name", "hs_last_record_added_at", "hs_last_record_removed_at")
    return (each.as_json(names, account.clock.now()) for each in account.lists.ascending(()))


def members(account: Account) -> Iterator[object]:
    """Every membership: list, record, milliseconds."""
    for each in account.lists.ascending(()):
        for record, at in each.members(by_join=False):
            yield each.id, record, at


def events(account: Account, type: str) -> Iterator[object]:
    """Every event of a type, as HubSpot writes it."""
    return (each.as_json(type) for each in account.events.of(type))


def event_definitions(account: Account) -> Iterator[object]:
    """The account's own types of events."""
    return (each.as_json(include_properties=True) for each in account.events.definitions.values())


def things(account: Account, kind: str) -> Iterator[object]:
    """Every thing of a kind: its id, and how HubSpot writes it."""
    return iter(account.things.of(kind).items())


def moments(account: Account, stream: str) -> Iterator[object]:
    """All that happened in a stream: the thing that it belongs to, and how HubSpot writes it."""
    return ((each.of, each.body) for each in account.things.every_moment(stream))


STREAMS: Mapping[str, Stream] = {
    stream.__name__: stream for stream in (history, lists, members, events, event_definitions, things, moments)
}


def stream(account: Account, name: str, arguments: Mapping[str, str]) -> Iterator[object]:
    """A stream by name.

    Raises:
        KeyError: There is no such stream, or no such object type, list or event.
        TypeError: It takes other arguments.
    """
    if name not in STREAMS:
        raise KeyError(f"There is no stream {name!r}; there are {', '.join(STREAMS)}.")
    # Taken at once: the account may change while the answer is on its way.
    return iter(list(STREAMS[name](account, **arguments)))
