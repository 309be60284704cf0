from datetime import timedelta

import pytest

from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.setup.preflight import prerequisites
from hubspot_assets.setup.prerequisite import Prerequisite

LOCAL = Budgets.local


def look() -> dict[str, Prerequisite]:
    return {prerequisite.subject: prerequisite for prerequisite in prerequisites(Settings.load())}


def test_everything_that_works_is_told_one_by_one(account, settings_folder, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", "contacts,goals,cars")
    found = look()
    assert list(found) == [
        "settings", "token", "contacts", "goals", "cars", "readable", "datasets", "limits", "destination"
    ]  # fmt: skip
    assert all(prerequisite.works for prerequisite in found.values())
    assert found["token"].detail.startswith("valid for account ")
    assert "by the scope crm.objects.contacts.read" in found["contacts"].detail
    assert found["destination"].detail.endswith(".data/hubspot.duckdb is writable")
    assert not (settings_folder / ".data").exists()


def test_a_missing_scope_and_an_unknown_object_are_told_with_the_cure_and_the_rest_goes_on(account, monkeypatch):
    token = account.issue_token(without=["tickets"])
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", token)
    monkeypatch.setenv("HUBSPOT_OBJECTS", "tickets,contcts,goals")
    found = look()
    assert [name for name, prerequisite in found.items() if not prerequisite.works] == ["tickets", "contcts"]
    assert "lacks the scope tickets" in found["tickets"].detail
    assert "Did you mean contacts" in found["contcts"].detail


@pytest.mark.parametrize(
    ("token", "said"),
    [(None, "HUBSPOT_ACCESS_TOKEN is not set"), ("pat-unknown", "Create a service key"), ("a b", "holds a space")],
)
def test_a_token_that_does_not_work_is_told_once_and_the_destination_is_looked_at_all_the_same(
    account, monkeypatch, token, said
):
    if token:
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", token)
    else:
        monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    found = look()
    assert list(found) == ["settings", "token", "destination"]
    assert said in found["token"].detail
    assert token is None or token not in found["token"].detail
    assert found["destination"].works


def test_the_limits_are_told_as_hubspot_told_them(account, monkeypatch):
    monkeypatch.setattr(Budgets, "local", LOCAL)
    monkeypatch.setenv("HUBSPOT_OBJECTS", "goals")
    account.limits(burst=190, daily=1_000_000, daily_used=2_000)
    try:
        detail = look()["limits"].detail
    finally:
        account.limits(enabled=False)
    assert detail.startswith("190 requests in 10 s, 5 searches in 1 s, 997,9")
    assert "of 1,000,000 requests left today" in detail


def test_a_place_for_shared_limits_that_cannot_be_used_is_told(account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_BUDGET_URL", "mysql://user:secret@host")
    found = look()
    assert not found["limits"].works
    assert "redis://, rediss:// or postgresql://" in found["limits"].detail
    assert "secret" not in found["limits"].detail


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (".", "is a folder; give the path of a file in it"),
        ("notes.txt", "is no DuckDB database"),
        ("notes.txt/hubspot.duckdb", "give another path"),
        ("/proc/hubspot.duckdb", "give another path"),
    ],
)
def test_a_destination_that_cannot_be_written_is_told_with_the_cure(account, settings_folder, monkeypatch, path, said):
    (settings_folder / "notes.txt").write_text("no database")
    monkeypatch.setenv("HUBSPOT_DUCKDB_PATH", path)
    monkeypatch.setenv("HUBSPOT_OBJECTS", "goals")
    found = look()
    assert not found["destination"].works
    assert said in found["destination"].detail
    assert (settings_folder / "notes.txt").read_text() == "no database"


def test_a_line_of_what_the_token_can_read_is_ready_to_be_copied(account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", "goals")
    scopes = ["crm.objects.goals.read", "crm.objects.deals.read", "crm.objects.custom.read", "crm.schemas.custom.read"]
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", account.issue_token(scopes=scopes))
    assert look()["readable"].detail == "HUBSPOT_OBJECTS=deals,goals,cars"


def test_object_types_that_the_subscription_leaves_out_are_named_once(account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", "goals,leads,tickets")
    account.faults(
        [
            {"kind": "missing_scopes", "path": "objects/2026-09/leads", "scopes": ["crm.objects.leads.read"]},
            {"kind": "forbidden", "path": "objects/2026-09/tickets"},
        ]
    )
    found = look()
    assert "leads" not in found
    assert "tickets" not in found
    assert found["subscription"] == Prerequisite(
        "subscription",
        True,
        "the account's subscription does not include leads, tickets: leave them out of HUBSPOT_OBJECTS",
        doubtful=True,
    )
    readable = found["readable"].detail.removeprefix("HUBSPOT_OBJECTS=").split(",")
    assert "goals" in readable
    assert not {"leads", "tickets"} & set(readable)


@pytest.mark.parametrize(
    ("rule", "subject"),
    [
        ({"kind": "server_error", "status": 502}, "connection"),
        ({"kind": "reset"}, "connection"),
        ({"kind": "daily_limit"}, "limits"),
        ({"kind": "expired_token"}, "token"),
    ],
)
@pytest.mark.parametrize("path", ["account-info", "objects/2026-09/goal_targets"])
def test_what_fails_is_said_once_of_what_it_is_the_fault_of(account, monkeypatch, rule, subject, path):
    monkeypatch.setattr("hubspot_assets.setup.account._PATIENCE", 0.5)
    monkeypatch.setenv("HUBSPOT_OBJECTS", "contacts,goals,deals")
    account.faults([{**rule, "path": path}])
    failed = [prerequisite.subject for prerequisite in prerequisites(Settings.load()) if not prerequisite.works]
    assert failed == [subject]


def test_nobody_at_the_address_is_no_fault_of_the_token(account, monkeypatch):
    monkeypatch.setattr("hubspot_assets.setup.account._PATIENCE", 0.5)
    monkeypatch.setenv("HUBSPOT_BASE_URL", "http://127.0.0.1:9")
    found = look()
    assert list(found) == ["settings", "connection", "destination"]
    assert "Connection refused" in found["connection"].detail


def test_scopes_that_datasets_need_are_told(account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", "goals")
    monkeypatch.setenv("HUBSPOT_DATASETS", "owners,pipelines,forms")
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", account.issue_token(without=["settings.users.teams.read", "forms"]))
    found = look()["datasets"]
    assert not found.works
    assert "owners needs settings.users.teams.read; forms needs forms. Add them" in found.detail


def test_settings_are_told_with_their_places_and_without_their_values(account, settings_folder, monkeypatch):
    (settings_folder / ".env").write_text("HUBSPOT_OBJECTS=goals\nHUBSPOT_OWNER=team:crm\n")
    monkeypatch.delenv("HUBSPOT_BASE_URL")
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "hidden value")
    monkeypatch.delenv("HUBSPOT_DATASETS")
    told = [prerequisite for prerequisite in prerequisites(Settings.load()) if prerequisite.subject == "settings"]
    assert told == [
        Prerequisite("settings", True, "HUBSPOT_OBJECTS from .env; HUBSPOT_ACCESS_TOKEN from the environment"),
        Prerequisite(
            "settings", True, "HUBSPOT_OWNER is not a setting and has no effect; did you mean HUBSPOT_OWNERS?", True
        ),
    ]


def test_a_custom_object_that_is_named_twice_is_told(account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", "cars,2-41234567")
    found = look()
    assert found["cars"].works
    assert "twice, as cars and as 2-41234567: keep one of them" in found["2-41234567"].detail


def test_events_that_the_account_does_not_have_are_told_with_the_nearest_that_it_has(account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", "goals")
    monkeypatch.setenv("HUBSPOT_EVENTS", "e_visited_page")
    assert look()["events"].works
    monkeypatch.setenv("HUBSPOT_EVENTS", "e_visited_page,e_visted_page")
    found = look()["events"]
    assert not found.works
    assert "names e_visted_page (did you mean e_visited_page?)" in found.detail
    account.behavior(events_in_plan=False)
    found = look()["events"]
    assert not found.works
    assert "Enterprise" in found.detail


def test_an_endpoint_whose_support_has_ended_is_warned_of_where_a_dataset_needs_it(account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", "goals")
    monkeypatch.setenv("HUBSPOT_DATASETS", "email_events,workflows")
    assert "legacy" not in look()
    account.advance(timedelta(days=200))
    assert "/automation/v4/flows" in look()["legacy"].detail
    account.advance(timedelta(days=200))
    told = [each for each in prerequisites(Settings.load()) if each.subject == "legacy"]
    assert all(each.works and each.doubtful for each in told)
    assert ["workflows" in each.detail or "e-mail events" in each.detail for each in told] == [True, True]
