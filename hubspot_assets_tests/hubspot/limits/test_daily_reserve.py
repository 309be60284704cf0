"""The reserve of the day as the requests of a client keep it, whatever their answers tell."""

import pytest

from hubspot_assets.hubspot.limits.budgets import Budget, Budgets
from hubspot_assets.hubspot.limits.daily import DailyPool
from hubspot_assets.hubspot.limits.rolling_limits import Unlimited
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import DailyLimitReached
from hubspot_assets_tests.hubspot.scripted_server import Reply

GOOD = Reply(body={"results": []})
DAILY = {"X-HubSpot-RateLimit-Daily": "1000", "X-HubSpot-RateLimit-Max": "190"}


def left(remaining: int, **body: object) -> Reply:
    return Reply(body={"results": [], **body}, headers={**DAILY, "X-HubSpot-RateLimit-Daily-Remaining": str(remaining)})


class DayBudgets(Budgets):
    """Nothing is limited but the day."""

    def __init__(self) -> None:
        super().__init__({budget: Unlimited() for budget in Budget}, DailyPool(0.1))


def searches_until_the_reserve(client: Client) -> int:
    for done in range(5000):
        try:
            client.post("/search", {}, budget=Budget.SEARCH)
        except DailyLimitReached:
            return done
    raise AssertionError("The reserve was not kept")


def test_the_reserve_is_kept_when_only_searches_run_whose_answers_tell_nothing(serve, connect, clock):
    server = serve(**{"/details": left(120), "/search": GOOD})
    client = connect(server, budgets=DayBudgets())
    client.get("/account-info/2026-09/details")
    assert searches_until_the_reserve(client) == 20
    # HubSpot is asked every few minutes, and counts what others use.
    server.by_words["/details"] = left(103)
    clock.now += 301
    assert searches_until_the_reserve(client) == 3
    assert [asked.target for asked in server.asked].count("/account-info/2026-09/details") == 2


def test_a_new_day_is_noticed_by_asking_though_only_searches_run(serve, connect, clock):
    server = serve(**{"/details": left(100), "/search": GOOD})
    client = connect(server, budgets=DayBudgets())
    client.get("/account-info/2026-09/details")
    with pytest.raises(DailyLimitReached):
        client.post("/search", {}, budget=Budget.SEARCH)
    server.by_words["/details"] = left(999)
    clock.now += 301
    assert client.post("/search", {}, budget=Budget.SEARCH).status == 200


def test_a_credential_without_a_daily_limit_is_asked_about_it_once_in_minutes(serve, connect, clock):
    server = serve(**{"/details": Reply(headers={"X-HubSpot-RateLimit-Max": "110"}), "/search": GOOD})
    client = connect(server, budgets=DayBudgets())
    for _ in range(100):
        clock.now += 10
        client.post("/search", {}, budget=Budget.SEARCH)
    assert 1 <= [asked.target for asked in server.asked].count("/account-info/2026-09/details") <= 3


def test_association_reads_have_a_day_of_their_own(serve, connect):
    spent = Reply(headers={"X-HubSpot-RateLimit-Daily": "500", "X-HubSpot-RateLimit-Daily-Remaining": "50"})
    server = serve(**{"/associations": spent, "/search": GOOD})
    client = connect(server, budgets=DayBudgets())
    client.post("/associations", {}, budget=Budget.ASSOCIATIONS)
    with pytest.raises(DailyLimitReached, match="500 association reads of today 50 are left"):
        client.post("/associations", {}, budget=Budget.ASSOCIATIONS)
    assert client.post("/search", {}, budget=Budget.SEARCH).status == 200
