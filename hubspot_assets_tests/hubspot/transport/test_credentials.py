import urllib.parse

import pytest

from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.credentials import AccessToken, OAuth
from hubspot_assets_tests.hubspot.scripted_server import Reply

GOOD = Reply(body={"results": []})
EXPIRED = Reply(401, {"category": "EXPIRED_AUTHENTICATION", "message": "… expired 75 second(s) ago."})
UNDECODABLE = Reply(401, {"category": "EXPIRED_AUTHENTICATION", "message": "… expired 20705 day(s) ago."})


def issued(token: str, expires_in: int = 1800) -> Reply:
    return Reply(body={"access_token": token, "expires_in": expires_in, "scopes": ["oauth", "tickets"]})


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def oauth(server, seconds: Seconds) -> OAuth:
    return OAuth("app", "hidden-secret", "hidden-refresh", base_url=server.url, clock=seconds)


def test_white_space_around_a_token_is_dropped():
    assert AccessToken("  pat-na1-1\n").authorization() == "Bearer pat-na1-1"


@pytest.mark.parametrize("token", ["", "  \n", "pat-na1 1234", "Bearer pat-na1", "pat\r\nX-Other: 1", "pät"])
def test_a_token_that_no_header_can_carry_is_refused_without_showing_it(token):
    with pytest.raises(ValueError, match="HUBSPOT_ACCESS_TOKEN") as refusal:
        AccessToken(token)
    assert not token.strip() or token.strip() not in str(refusal.value)


def test_a_fingerprint_names_the_token_without_giving_it_away():
    token = AccessToken("pat-na1-1")
    assert token.fingerprint == AccessToken(" pat-na1-1").fingerprint != AccessToken("pat-na1-2").fingerprint
    assert "pat" not in token.fingerprint


@pytest.mark.parametrize("field", [0, 1, 2])
def test_oauth_needs_all_three_of_its_values(field):
    values = ["app", "secret", "refresh"]
    values[field] = " "
    with pytest.raises(ValueError, match="is empty"):
        OAuth(*values)


def test_oauth_gets_a_token_and_uses_it_until_shortly_before_its_end(serve, connect, seconds):
    authority, api = serve(issued("one"), issued("two")), serve(GOOD)
    client = connect(api, credential=oauth(authority, seconds))
    for now in (0, 1739, 1741, 1742):
        seconds.now = 1000.0 + now
        client.get("/x")
    assert [asked.headers["Authorization"] for asked in api.asked] == ["Bearer one"] * 2 + ["Bearer two"] * 2
    assert authority.asked[0].target == "/oauth/2026-09/token"
    assert dict(urllib.parse.parse_qsl(authority.asked[0].body.decode())) == {
        "grant_type": "refresh_token",
        "client_id": "app",
        "client_secret": "hidden-secret",
        "refresh_token": "hidden-refresh",
    }


def test_an_oauth_token_that_hubspot_calls_expired_is_renewed_once(serve, connect, seconds, clock):
    authority, api = serve(issued("one"), issued("two")), serve(EXPIRED, GOOD)
    credential = oauth(authority, seconds)
    credential.authorization()
    seconds.now += 60
    connect(api, credential=credential).get("/x")
    assert [asked.headers["Authorization"] for asked in api.asked] == ["Bearer one", "Bearer two"]
    assert clock.sleeps == [0.0]


def test_an_oauth_token_that_stays_expired_ends_in_the_error(serve, connect, seconds):
    authority, api = serve(issued("one")), serve(EXPIRED)
    with pytest.raises(errors.ExpiredToken):
        connect(api, credential=oauth(authority, seconds)).get("/x")
    assert len(api.asked) == 2


def test_a_lost_renewal_does_not_make_the_dead_token_look_fresh(serve, connect, seconds, clock):
    authority = serve(issued("one"), Reply(fault="reset"), issued("two"))
    api = serve(**{"/x": GOOD})
    credential = oauth(authority, seconds)
    credential.authorization()
    seconds.now += 1790
    assert connect(api, credential=credential).get("/x").status == 200
    assert [asked.headers["Authorization"] for asked in api.asked] == ["Bearer two"]


def test_a_renewal_that_stays_lost_says_so_and_nothing_of_service_keys(serve, connect, seconds):
    authority, api = serve(issued("one"), Reply(503, b"")), serve(EXPIRED)
    credential = oauth(authority, seconds)
    credential.authorization()
    with pytest.raises(errors.ServerError) as failure:
        connect(api, credential=credential).get("/x")
    assert "service key" not in str(failure.value)
    assert len(api.asked) == 1


@pytest.mark.parametrize("refusal", [EXPIRED, UNDECODABLE, Reply(401, {})])
def test_the_cure_for_a_token_of_an_oauth_app_is_no_service_key(serve, connect, seconds, refusal):
    with pytest.raises(errors.HubSpotError, match="Install the app in the account again") as failure:
        connect(serve(refusal), credential=oauth(serve(issued("one")), seconds)).get("/x")
    assert "service key" not in str(failure.value)


def test_of_many_requests_that_find_a_token_expired_one_renews_it(serve, connect, seconds):
    authority = serve(issued("one"), issued("two"), issued("three"))
    credential = oauth(authority, seconds)
    first = credential.authorization()
    for _ in range(3):
        assert credential.refreshed(first, expired=True)
        assert credential.authorization() == "Bearer two"


def test_an_undecodable_token_is_never_renewed(serve, connect, seconds):
    authority, api = serve(issued("one")), serve(UNDECODABLE)
    with pytest.raises(errors.InvalidToken, match="cannot read the access token"):
        connect(api, credential=oauth(authority, seconds)).get("/x")
    assert len(api.asked) == 1
    assert len(authority.asked) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        Reply(400, {"error": "invalid_grant", "status": "BAD_REFRESH_TOKEN", "message": "refresh token is invalid"}),
        Reply(400, {"status": "BAD_CLIENT_ID", "message": "missing or unknown client id"}),
        Reply(401, {}),
    ],
)  # fmt: skip
def test_an_oauth_app_that_gets_no_token_says_what_to_do(serve, connect, seconds, refusal):
    authority, api = serve(refusal), serve(GOOD)
    with pytest.raises(errors.InvalidToken, match="Install the app in the account again"):
        connect(api, credential=oauth(authority, seconds)).get("/x")
    assert api.asked == []


@pytest.mark.parametrize("fault", [Reply(503, b""), Reply(fault="reset"), Reply(200, b"{}"), Reply(429, {})])
def test_a_token_that_cannot_be_had_at_the_moment_is_asked_for_again(serve, connect, seconds, fault):
    authority, api = serve(fault, issued("one")), serve(GOOD)
    connect(api, credential=oauth(authority, seconds)).get("/x")
    assert len(authority.asked) == 2
    assert len(api.asked) == 1


def test_oauth_knows_its_scopes(serve, seconds):
    assert oauth(serve(issued("one")), seconds).scopes() == ("oauth", "tickets")
