"""Members of lists: all of them, or those that joined lately, whichever way the order of joining goes."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.list_members import JoinedSince, Members, MembersRead
from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets_tests.hubspot.scripted_server import Reply

START = datetime(2026, 11, 1, tzinfo=UTC)
EITHER_WAY = pytest.mark.parametrize("descending", [True, False])


@pytest.fixture(scope="module")
def crowd() -> Iterator[Portal]:
    with Portal.start(sizes={"contacts": 1_500, "companies": 60, "cars": 30}, properties={"contacts": 8}) as portal:
        yield portal


@pytest.fixture
def portal(crowd: Portal) -> Portal:
    crowd.reset()
    return crowd


@pytest.fixture
def client(portal: Portal) -> Iterator[Client]:
    with Client(AccessToken(portal.token), base_url=portal.url, budgets=Budgets.unlimited()) as client:
        yield client


def triples(read: Iterable[Members]) -> list[tuple[int, int, int]]:
    return [
        (int(each.list_id), record, round(datetime.fromisoformat(at).timestamp() * 1000))
        for each in read
        for record, at in zip(each.record_ids, each.joined_at, strict=True)
    ]


def filled_list(portal: Portal, batches: int = 10, size: int = 100) -> tuple[str, list[int]]:
    """A list that batches of records joined, a minute apart."""
    list_id, contacts = portal.put_list(type="contacts"), portal.ids("contacts")
    for number in range(batches):
        portal.join_list(list_id, contacts[number * size : (number + 1) * size], at=START + timedelta(minutes=number))
    return str(list_id), contacts


def test_all_members_of_all_lists_are_read(portal: Portal, client: Client):
    filled_list(portal)
    read = list(MembersRead(client, [each["listId"] for each in portal.lists()]))
    assert sorted(triples(read)) == sorted(portal.members())
    assert len(read) == len(portal.lists())
    assert all(each.whole and each.exists for each in read)


def test_a_read_in_trouble_is_as_complete_as_one_without(portal: Portal, client: Client):
    for _ in range(8):
        filled_list(portal)
    portal.faults(
        [
            {"kind": kind, "probability": 0.05, "seed": number}
            for number, kind in enumerate(("server_error", "truncated", "reset", "empty"))
        ]
    )
    read = list(MembersRead(client, [each["listId"] for each in portal.lists()]))
    assert sorted(triples(read)) == sorted(portal.members())
    assert client.usage().retries > 0


def test_many_lists_are_read_at_once(portal: Portal, client: Client):
    ids = [filled_list(portal, 4)[0] for _ in range(12)]
    portal.latency(0.05)
    list(MembersRead(client, ids))
    assert portal.summary()["most_in_flight"] > 6


@EITHER_WAY
def test_those_who_joined_lately_are_read_alone(portal: Portal, client: Client, descending: bool):
    portal.behavior(join_order_descending=descending)
    list_id, contacts = filled_list(portal)
    since = START + timedelta(minutes=9)
    (first,) = MembersRead(client, [JoinedSince(list_id, datetime.min.replace(tzinfo=UTC))])
    assert (first.whole, len(first)) == (True, 1_000)
    new = contacts[1_000:1_012]
    portal.join_list(int(list_id), new, at=since + timedelta(days=1))
    portal.clear_requests()
    (later,) = MembersRead(client, [JoinedSince(list_id, since, first.after)])
    assert set(new) <= set(later.record_ids)
    assert not later.whole
    assert len(portal.requests()) <= (1 if descending else 2)
    assert set(triples([later])) <= portal.members()


def test_without_a_place_to_go_on_from_an_ascending_order_is_read_whole(portal: Portal, client: Client):
    portal.behavior(join_order_descending=False)
    list_id, contacts = filled_list(portal)
    (read,) = MembersRead(client, [JoinedSince(list_id, START + timedelta(minutes=9))])
    assert (read.whole, sorted(read.record_ids)) == (True, contacts[:1_000])


@EITHER_WAY
def test_many_who_joined_at_one_instant_do_not_hide_the_direction(portal: Portal, client: Client, descending: bool):
    portal.behavior(join_order_descending=descending)
    list_id, contacts = filled_list(portal, 2, 700)
    (read,) = MembersRead(client, [JoinedSince(list_id, START + timedelta(minutes=1))])
    assert set(contacts[700:1_400]) <= set(read.record_ids)
    assert read.whole is not descending


def test_an_order_that_has_turned_round_is_begun_again(portal: Portal, client: Client):
    portal.behavior(join_order_descending=False)
    list_id, contacts = filled_list(portal)
    (first,) = MembersRead(client, [JoinedSince(list_id, START)])
    portal.behavior(join_order_descending=True)
    portal.join_list(int(list_id), contacts[1_000:1_012])
    (later,) = MembersRead(client, [JoinedSince(list_id, START + timedelta(minutes=9), first.after)])
    assert set(contacts[1_000:1_012]) <= set(later.record_ids)
    assert len(set(later.record_ids)) == len(later)


def test_a_place_that_hubspot_no_longer_knows_is_begun_again(portal: Portal, client: Client):
    portal.behavior(join_order_descending=False)
    list_id, contacts = filled_list(portal)
    (read,) = MembersRead(client, [JoinedSince(list_id, START, "nonsense")])
    assert (read.whole, sorted(read.record_ids)) == (True, contacts[:1_000])


def test_who_came_back_has_joined_anew(portal: Portal, client: Client):
    list_id, contacts = filled_list(portal)
    portal.leave_list(int(list_id), contacts[:1])
    back = datetime(2026, 11, 20, tzinfo=UTC)
    portal.join_list(int(list_id), contacts[:1], at=back)
    (read,) = MembersRead(client, [JoinedSince(list_id, START + timedelta(minutes=9))])
    assert (int(list_id), contacts[0], round(back.timestamp() * 1000)) in triples([read])


def test_a_list_that_is_gone_has_no_members_and_harms_no_other(portal: Portal, client: Client):
    gone, stays = filled_list(portal)[0], filled_list(portal)[0]
    deletion = {"kind": "run", "path": f"/{gone}/.*after=", "order": "remove_list", "arguments": {"id": int(gone)}}
    portal.faults([{**deletion, "nth": [2]}])
    read = {each.list_id: each for each in MembersRead(client, [gone, stays])}
    assert (read[gone].exists, len(read[gone])) == (False, 0)
    assert (read[stays].exists, len(read[stays])) == (True, 1_000)


def test_an_empty_list_is_whole(portal: Portal, client: Client):
    list_id = str(portal.put_list(type="cars"))
    for question in (list_id, JoinedSince(list_id, START)):
        (read,) = MembersRead(client, [question])
        assert (read.whole, len(read), read.exists) == (True, 0, True)
        assert read.read_at.year == portal.now().year


def test_a_cursor_that_leads_to_itself_ends_the_read(serve, connect):
    member = {"recordId": "1", "membershipTimestamp": "2026-01-01T00:00:00Z"}
    server = serve(Reply(body={"results": [member], "paging": {"next": {"after": "x"}}}))
    with pytest.raises(errors.UnreadableAnswer, match="page of list 7 after 'x' leads to itself"):
        list(MembersRead(connect(server), ["7"]))


def test_an_endpoint_that_is_not_there_does_not_make_lists_vanish(serve, connect):
    server = serve(Reply(404, b"<html>no such page</html>"))
    with pytest.raises(errors.NotFound, match="no such endpoint"):
        list(MembersRead(connect(server), ["7"]))
