"""What one step finds out about HubSpot, the other steps of its run do not find out anew."""

import dagster as dg
import pytest

from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.sync import sync
from hubspot_assets_tests.launch import launch, sentence

NAMES = ("contacts", "companies", "tickets")


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    """The waits of all clients, which pass at once."""
    slept: list[float] = []
    monkeypatch.setattr(Clock, "sleep", lambda _, seconds: slept.append(seconds))
    # A second attempt at a source would only come after this.
    monkeypatch.setattr(sync, "FIRST_WAIT", 10_000)
    return slept


def sentences(result: dg.ExecuteInProcessResult) -> set[str]:
    return {sentence(result, f"hubspot__{name}") for name in NAMES}


def test_a_hubspot_that_cannot_be_reached_is_waited_for_once_by_a_whole_run(account, monkeypatch, slept):
    monkeypatch.setenv("HUBSPOT_BASE_URL", "http://127.0.0.1:9")
    [said] = sentences(launch(*NAMES, partition="latest"))
    assert said.startswith("The connection to http://127.0.0.1:9 failed")
    assert "8 attempts" in said
    assert len(slept) == 7
    assert sum(slept) < 150


@pytest.mark.parametrize("fault", [{"kind": "reset"}, {"kind": "server_error", "status": 503}])
def test_a_hubspot_that_goes_away_during_a_run_is_waited_for_once(account, slept, fault):
    account.faults([{**fault, "path": "/crm/"}])
    account.clear_requests()
    said = sentences(launch(*NAMES, partition="latest"))
    assert sum("8 attempts" in each for each in said) == 1
    assert len(slept) == 7
    assert len(account.requests("/crm/")) == 8 + len(NAMES) - 1


def test_a_token_that_is_gone_is_asked_about_once_by_a_whole_run(account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "pat-na1-unknown")
    account.clear_requests()
    [said] = sentences(launch(*NAMES, partition="latest"))
    assert "Create a service key" in said
    assert len(account.requests()) == 1
