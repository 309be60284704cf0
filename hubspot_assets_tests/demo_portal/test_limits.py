import pytest

from hubspot_assets.demo_portal import limits
from hubspot_assets_tests.demo_portal.asker import Asker, Reply, asker

CONTACTS = "/crm/objects/2026-09/contacts"
ASSOCIATIONS = "/crm/associations/2026-09/contacts/companies/batch/read"


class StillTime:
    """Real time that passes only when told to."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> StillTime:
    still = StillTime()
    monkeypatch.setattr(limits, "time", still)
    return still


def limited(**settings: object) -> Asker:
    return asker(limits={"burst": 3, "search": 2, "associations": 1, **settings})


def associations(hubspot: Asker) -> Reply:
    return hubspot.post(ASSOCIATIONS, {"inputs": []})


def test_an_app_has_so_many_requests_in_any_ten_seconds(time: StillTime):
    hubspot = limited()
    statuses = []
    for instant in (0.0, 4.0, 8.0, 9.9, 10.1, 10.2, 14.1):
        time.seconds = 1_000 + instant
        statuses.append(hubspot.get(CONTACTS).status)
    assert statuses == [200, 200, 200, 429, 200, 429, 200]


def test_the_burst_refusal_names_its_policy_and_says_nothing_of_when_to_retry(time: StillTime):
    hubspot = limited(burst=0)
    reply = hubspot.get(CONTACTS)
    assert (reply.json["policyName"], reply.json["errorType"]) == ("TEN_SECONDLY_ROLLING", "RATE_LIMIT")
    assert reply.json["message"] == "You have reached your ten_secondly_rolling limit."
    assert "retry-after" not in reply.headers


def test_another_app_has_a_burst_of_its_own(time: StillTime):
    hubspot = limited(burst=1)
    other = hubspot.order("token")["token"]
    assert [hubspot.get(CONTACTS).status, hubspot.get(CONTACTS).status] == [200, 429]
    assert hubspot.get(CONTACTS, other).status == 200


def test_searches_of_all_apps_and_types_share_one_limit_beside_the_burst(time: StillTime):
    hubspot = limited(burst=0)
    other = hubspot.order("token")["token"]
    assert hubspot.search().status == 200
    assert hubspot.post("/crm/objects/2026-09/deals/search", {}, other).status == 200
    refused = hubspot.search("tickets")
    assert refused.status == 429
    assert (refused.json["message"], refused.json["category"]) == (
        "You have reached your secondly limit.", "RATE_LIMITS",
    )  # fmt: skip
    assert "policyName" not in refused.json
    time.seconds += 1.01
    assert hubspot.search().status == 200
    hubspot.order("limits", search_policy_named=True, search=0)
    assert hubspot.search().json["policyName"] == "SECONDLY"


def test_associations_have_a_daily_limit_of_their_own(time: StillTime):
    hubspot = limited(daily=2, associations=9, associations_daily=2)
    assert [associations(hubspot).status for _ in range(3)] == [200, 200, 429]
    assert associations(hubspot).json["policyName"] == "DAILY"
    reply = hubspot.get(CONTACTS)
    assert (reply.status, reply.headers["x-hubspot-ratelimit-daily-remaining"]) == (200, "1")
    hubspot.order("clock", advance=86_400)
    reply = associations(hubspot)
    assert (reply.status, reply.headers["x-hubspot-ratelimit-daily-remaining"]) == (200, "1")


def test_the_associations_of_one_record_count_as_any_request_does(time: StillTime):
    hubspot = limited(associations=0)
    path = f"/crm/objects/2026-09/contacts/{hubspot.live()[0]}/associations/companies"
    assert hubspot.get(path).status == 200


def test_associations_have_a_limit_of_their_own(time: StillTime):
    hubspot = limited(burst=0)
    assert associations(hubspot).status == 200
    assert associations(hubspot).json["policyName"] == "TEN_SECONDLY_ROLLING"
    time.seconds += 10.1
    assert associations(hubspot).status == 200


def test_the_daily_limit_holds_until_midnight_in_the_accounts_time_zone(time: StillTime):
    hubspot = limited(daily=2, burst=100)
    assert [hubspot.get(CONTACTS).status, hubspot.search().status] == [200, 200]
    refused = hubspot.get(CONTACTS)
    assert (refused.status, refused.json["policyName"]) == (429, "DAILY")
    assert hubspot.search().json["policyName"] == "DAILY"
    # 12:00 UTC is 07:00 in the account's time zone: seventeen hours to midnight.
    hubspot.order("clock", advance=17 * 3600 - 60)
    assert hubspot.get(CONTACTS).status == 429
    hubspot.order("clock", advance=61)
    assert hubspot.get(CONTACTS).status == 200


def test_used_up_requests_of_the_day_can_be_set(time: StillTime):
    hubspot = limited(daily=1_000, burst=100)
    hubspot.order("limits", daily_used=999)
    reply = hubspot.get(CONTACTS)
    assert (reply.status, reply.headers["x-hubspot-ratelimit-daily-remaining"]) == (200, "0")
    assert hubspot.get(CONTACTS).status == 429


def test_every_answer_but_a_search_tells_the_burst_limit_and_the_daily_one(time: StillTime):
    headers = limited(burst=190).get(CONTACTS).headers
    assert headers["x-hubspot-ratelimit-max"] == "190"
    assert headers["x-hubspot-ratelimit-remaining"] == "189"
    assert headers["x-hubspot-ratelimit-interval-milliseconds"] == "10000"
    assert headers["x-hubspot-ratelimit-daily"] == "1000000"
    assert headers["x-hubspot-ratelimit-daily-remaining"] == "999999"


def test_a_search_tells_the_daily_limit_only_or_nothing(time: StillTime):
    hubspot = limited(search=9)
    named = {name for name in hubspot.search().headers if "ratelimit" in name}
    assert named == {"x-hubspot-ratelimit-daily", "x-hubspot-ratelimit-daily-remaining"}
    hubspot.order("limits", search_headers=False)
    assert not [name for name in hubspot.search().headers if "ratelimit" in name]


def test_an_oauth_app_has_its_own_burst_and_no_daily_limit(time: StillTime):
    hubspot = limited(oauth_burst=1, daily=0)
    token = hubspot.order("token", private=False)["token"]
    reply = hubspot.get(CONTACTS, token)
    assert reply.status == 200
    assert reply.headers["x-hubspot-ratelimit-max"] == "1"
    assert not [name for name in reply.headers if "daily" in name]
    assert hubspot.get(CONTACTS, token).status == 429


def test_retry_after_tells_the_seconds_until_there_is_room_where_switched_on(time: StillTime):
    hubspot = limited(burst=1, retry_after=True)
    hubspot.get(CONTACTS)
    time.seconds += 3
    assert hubspot.get(CONTACTS).headers["retry-after"] == "8"


def test_limits_that_are_off_let_everything_in_and_are_not_told(time: StillTime):
    hubspot = limited(burst=0, search=0)
    hubspot.order("limits", enabled=False)
    reply = hubspot.get(CONTACTS)
    assert (reply.status, hubspot.search().status) == (200, 200)
    assert not [name for name in reply.headers if "ratelimit" in name]


def test_a_refused_request_uses_nothing_up(time: StillTime):
    hubspot = limited(burst=1, daily=5)
    for _ in range(9):
        hubspot.get(CONTACTS)
    assert hubspot.account.limits.used_today == 1
    time.seconds += 10.1
    assert hubspot.get(CONTACTS).status == 200


def test_a_request_without_a_valid_token_is_not_counted(time: StillTime):
    hubspot = limited(burst=1)
    hubspot.get(CONTACTS, "nonsense")
    assert hubspot.get(CONTACTS).status == 200
