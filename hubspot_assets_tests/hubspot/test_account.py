import pytest

from hubspot_assets.hubspot.account import account, granted_scopes
from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.credentials import OAuth
from hubspot_assets_tests.hubspot.conftest import TOKEN
from hubspot_assets_tests.hubspot.scripted_server import Reply

DETAILS = {
    "portalId": 7654321,
    "accountType": "STANDARD",
    "timeZone": "US/Eastern",
    "companyCurrency": "USD",
    "additionalCurrencies": ["EUR"],
    "utcOffset": "-05:00",
    "utcOffsetMilliseconds": -18000000,
    "uiDomain": "app.hubspot.com",
    "dataHostingLocation": "na1",
}


def test_account_details_are_read_and_its_time_zone_reaches_the_budgets(serve, connect):
    server = serve(Reply(body=DETAILS))
    client = connect(server)
    details = account(client)
    assert server.asked[0].target == "/account-info/2026-09/details"
    assert (details.portal_id, details.time_zone, details.ui_domain) == (7654321, "US/Eastern", "app.hubspot.com")
    assert (details.account_type, details.data_hosting_location) == ("STANDARD", "na1")
    assert str(client.budgets.daily.time_zone) == "US/Eastern"


def test_an_account_may_say_no_more_than_its_id(serve, connect):
    client = connect(serve(Reply(body={"portalId": 1})))
    assert account(client).time_zone is None


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_a_time_zone_this_machine_does_not_know_is_no_failure(serve, connect, zone):
    client = connect(serve(Reply(body={"portalId": 1, "timeZone": zone})))
    assert account(client).time_zone == zone
    assert client.budgets.daily.time_zone is None


def test_scopes_of_a_token_are_asked_for_and_lose_their_version(serve, connect):
    server = serve(Reply(body={"userId": 1, "scopes": ["oauth", "tickets", "crm.objects.contacts.sensitive.read.v2"]}))
    assert granted_scopes(connect(server)) == {"oauth", "tickets", "crm.objects.contacts.sensitive.read"}
    assert server.asked[0].target == "/oauth/v2/private-apps/get/access-token-info"
    assert server.asked[0].json == {"tokenKey": TOKEN}


@pytest.mark.parametrize("reply", [Reply(404, b"<html/>"), Reply(400, {}), Reply(403, {}), Reply(200, {"other": 1})])
def test_scopes_are_unknown_where_hubspot_does_not_tell(serve, connect, reply):
    assert granted_scopes(connect(serve(reply))) is None


def test_scopes_of_a_token_that_does_not_work_are_an_error(serve, connect):
    with pytest.raises(errors.InvalidToken):
        granted_scopes(connect(serve(Reply(401, {}))))


def test_scopes_of_an_oauth_app_come_with_its_token(serve, connect):
    authority = serve(Reply(body={"access_token": "one", "scopes": ["oauth", "tickets"]}))
    server = serve()
    credential = OAuth("app", "secret", "refresh", base_url=authority.url)
    assert granted_scopes(connect(server, credential=credential)) == {"oauth", "tickets"}
    assert server.asked == []
