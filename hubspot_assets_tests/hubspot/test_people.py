import msgspec
import pytest

from hubspot_assets.hubspot import owners, users
from hubspot_assets.hubspot.listing import listed
from hubspot_assets.hubspot.transport import errors
from hubspot_assets_tests.hubspot.scripted_server import Reply


def the_same(found: list, truth: list[dict]) -> bool:
    """Whether every thing of the truth was found once, with all its fields."""
    expected = msgspec.convert(truth, list[type(found[0])])
    return sorted(found, key=lambda each: each.id) == sorted(expected, key=lambda each: each.id)


def test_all_owners_are_read_active_archived_and_queues(portal, portal_client):
    for number in range(600):
        portal.put_owner(10_000 + number, first_name=f"Ida{number}", user_id=500_000 + number)
    found = owners.owners(portal_client)
    assert the_same(found, portal.settings_truth().owners)
    assert {each.type for each in found} == {"PERSON", "QUEUE"}
    archived = next(each for each in found if each.archived)
    assert (archived.user_id, archived.user_id_including_inactive is None) == (None, False)
    assert len(portal.requests("/crm/owners")) == 3


def test_an_owner_who_leaves_between_two_requests_is_not_lost(portal, portal_client):
    leaves = {"id": 41629779, "archived": True}
    portal.faults([{"kind": "run", "path": "archived=true", "order": "put_owner", "arguments": leaves}])
    assert next(each for each in owners.owners(portal_client) if each.id == "41629779").archived


def test_users_have_roles_and_teams_have_parents(portal, portal_client):
    for number in range(250):
        portal.put_user(70_000 + number, email=f"{number}@x.example", first_name="U", last_name=str(number))
    settings = portal.settings_truth()
    assert the_same(users.account_users(portal_client), settings.users)
    assert the_same(users.teams(portal_client), settings.teams)
    assert users.role_names(portal_client)["77"] == "Sales manager"


@pytest.mark.parametrize("read", [owners.owners, users.account_users, users.role_names, users.teams])
def test_a_missing_scope_is_named(portal, portal_client, read):
    portal.faults([{"kind": "missing_scopes", "scopes": ["some.scope"]}])
    with pytest.raises(errors.MissingScopes, match=r"some\.scope"):
        read(portal_client)


def test_owners_with_the_least_that_hubspot_promises_are_read(serve, connect):
    server = serve(Reply(body={"results": [{"id": "1"}]}), Reply())
    assert owners.owners(connect(server)) == [owners.Owner("1")]


def test_a_page_that_leads_to_itself_ends_the_list(serve, connect):
    server = serve(Reply(body={"results": [], "paging": {"next": {"after": "7"}}}))
    with pytest.raises(errors.UnreadableAnswer, match="leads to itself"):
        list(listed(connect(server), "/x", owners.Owner))
