import pytest

from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.setup.preflight import Finding, findings

LOCAL = Budgets.local


def look() -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings(Settings.load())}


def test_everything_that_works_is_told_one_by_one(account, settings_folder, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", "contacts,goals,cars")
    found = look()
    assert list(found) == ["token", "contacts", "goals", "cars", "limits", "destination"]
    assert all(finding.works for finding in found.values())
    assert found["token"].detail.startswith("valid for account ")
    assert "by the scope crm.objects.contacts.read" in found["contacts"].detail
    assert found["destination"].detail.endswith(".data/hubspot.duckdb is writable")
    assert not (settings_folder / ".data").exists()


def test_a_missing_scope_and_an_unknown_object_are_told_with_the_cure_and_the_rest_goes_on(account, monkeypatch):
    token = account.issue_token(without=["tickets"])
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", token)
    monkeypatch.setenv("HUBSPOT_OBJECTS", "tickets,contcts,goals")
    found = look()
    assert [name for name, finding in found.items() if not finding.works] == ["tickets", "contcts"]
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
    assert list(found) == ["token", "destination"]
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
