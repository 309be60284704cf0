from datetime import UTC, datetime
from pathlib import Path

import pytest

from hubspot_assets.catalog.datasets import DATASETS
from hubspot_assets.catalog.object_types import DEFAULT_OBJECT_TYPES, STANDARD_OBJECT_TYPES
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.settings.names import Pair

pytestmark = pytest.mark.usefixtures("settings_folder")


def test_without_settings_the_nine_objects_go_into_a_duckdb_file():
    settings = Settings.load()
    assert settings.objects == DEFAULT_OBJECT_TYPES
    assert len(settings.objects) == 9
    assert settings.destination == "duckdb"
    assert settings.duckdb_path == Path(".data/hubspot.duckdb")
    assert settings.base_url == "https://api.hubapi.com"


@pytest.mark.parametrize(
    ("given", "objects"),
    [
        ("contacts", ("contacts",)),
        (" Deals , 0-3, cars ", ("deals", "cars")),
        ("0-162,2-1234567,p123_Cars", ("services", "2-1234567", "p123_cars")),
        ("all", tuple(STANDARD_OBJECT_TYPES)),
        ("", DEFAULT_OBJECT_TYPES),
    ],
)
def test_objects_are_names_type_ids_or_all(monkeypatch, given, objects):
    monkeypatch.setenv("HUBSPOT_OBJECTS", given)
    assert Settings.load().objects == objects


def test_a_file_of_the_current_folder_is_read_and_the_environment_wins(settings_folder, monkeypatch):
    (settings_folder / ".env").write_text("HUBSPOT_OBJECTS=contacts\nHUBSPOT_DUCKDB_PATH=a.duckdb\n")
    monkeypatch.setenv("HUBSPOT_DUCKDB_PATH", "b.duckdb")
    settings = Settings.load()
    assert settings.objects == ("contacts",)
    assert settings.duckdb_path == Path("b.duckdb")


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        ("2024-01-31", datetime(2024, 1, 31, tzinfo=UTC)),
        ("2024-01-31T12:00:00+02:00", datetime(2024, 1, 31, 10, tzinfo=UTC)),
        ("2024-01-31T12:00:00Z", datetime(2024, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_updated_after_is_an_instant_and_utc_unless_it_says_otherwise(monkeypatch, given, instant):
    monkeypatch.setenv("HUBSPOT_UPDATED_AFTER", given)
    assert Settings.load().updated_after == instant


def test_property_patterns_may_name_an_object_as_objects_does(monkeypatch):
    monkeypatch.setenv("HUBSPOT_DENY_PROPERTIES", '{"0-1": ["hs_*"], "Deals": ["x"]}')
    assert Settings.load().deny_properties == {"contacts": ("hs_*",), "deals": ("x",)}


def test_owners_and_schedules_are_read(monkeypatch):
    assert Settings.load().latest_schedule.cron == "*/30 * * * *"
    assert Settings.load().archived_schedule.cron == "0 0 * * *"
    monkeypatch.setenv("HUBSPOT_OWNERS", "team:crm, jane.doe@example.com")
    monkeypatch.setenv("HUBSPOT_LATEST_SCHEDULE", "1 hour")
    settings = Settings.load()
    assert settings.owners == ("team:crm", "jane.doe@example.com")
    assert settings.latest_schedule.cron == "0 * * * *"


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("UPDATED_AFTER", "31.01.2024", "write 2024-01-31 or 2024-01-31T12:00:00Z"),
        ("OBJECTS", "all,contacts", "give names such as `contacts,deals`, or `all` alone"),
        ("OBJECTS", ",", "give names"),
        ("LATEST_SCHEDULE", "45 minutes", "give 30 minutes or 1 hour, or a cron expression."),
        ("ARCHIVED_SCHEDULE", "daily", "neither a duration such as `30 minutes` nor a cron expression"),
        ("OWNERS", "team:crm, Jane", "'Jane' is neither an email address nor a team such as `team:crm`."),
        ("ALLOW_PROPERTIES", "contacts=email", 'give JSON such as {"contacts": ["email", "hs_*"]}'),
        ("ALLOW_PROPERTIES", '{"contacts": "email"}', "give JSON such as"),
        ("ALLOW_PROPERTIES", '["email"]', "give JSON such as"),
        ("DENY_PROPERTIES", "{", "give JSON such as"),
        ("API_VERSION", "v3", "give a dated version such as 2026-09"),
        ("BASE_URL", "api.hubapi.com", "give an address such as https://api.hubapi.com"),
        ("DESTINATION", "oracle", "give `duckdb`"),
        ("EXECUTOR", "fast", "give `in_process`, `multiprocess`, `celery` or `kubernetes`."),
        ("CELERY_BROKER", "localhost:6379", "begins with redis://, rediss://, amqp:// or amqps://."),
        ("CELERY_QUEUE", "hub spot", "give letters, digits, `.`, `-` and `_`."),
        ("UPDATED_AFTER", "0001-01-01T00:00:00+14:00", "is not a date or time; write 2024-01-31"),
        ("EVENTS_SINCE", "soon", "'soon' is not a date or time; write 2024-01-31"),
        ("KEEP_RUNS_DAYS", "-1", "give a number of days such as 30, or 0 to keep them forever."),
        ("OBJECTS", "contacts,line items", "'line items' is not the name of an object type; give names such as"),
        ("OBJECTS", "2-1,2_1", "2_1 and 2-1 would be one asset; keep one of them."),
        ("DATASETS", "owners,pipeline", "'pipeline' (did you mean pipelines?) is not one of associations, owners,"),
        ("DATASETS", "all,owners", "'all' is not one of"),
        ("ASSOCIATIONS", "contacts_companies", "'contacts_companies' is not a pair of object types that HUBSPOT_OBJ"),
        ("ASSOCIATIONS", "contacts_to_cars", "is not a pair of object types that HUBSPOT_OBJECTS names"),
        ("PROPERTY_HISTORY", '["dealstage"]', 'give JSON such as {"deals": ["dealstage", "amount"]}.'),
        ("EVENTS", "e_visited_page,login", "'login' is not the name of an event; give names such as `e_visited_page`"),
        ("MARKETING_SCHEDULE", "45 minutes", "give 30 minutes or 1 hour, or a cron expression."),
        ("ALERT_WEBHOOK", "hooks.slack.com/x", "give the address that Slack or Teams shows for the webhook"),
        ("ALERT_WEBHOOK", "https://[hooks/x", "give the address that Slack or Teams shows for the webhook"),
        ("TIME_ZONE", "Europe/Berln", "is not a time zone; give a name of the IANA database such as Europe/Berlin."),
        ("TIME_ZONE", "Europe", "is not a time zone"),
        ("TIME_ZONE", "../etc/passwd", "is not a time zone"),
        ("DUCKDB_PATH", "md:my_db", "MotherDuck's databases are not a file on this machine; give a path such as"),
        ("DUCKDB_PATH", "motherduck:x", "MotherDuck's databases are not a file on this machine; give a path such as"),
        ("DUCKDB_PATH", "s3://b/x.duckdb", "what s3: names is not a file on this machine; give a path such as"),
        ("DUCKDB_PATH", ":memory:", "tables in :memory: would be gone when the step ends; give the path of a file"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_with_what_to_give(monkeypatch, name, given, said):
    monkeypatch.setenv(f"HUBSPOT_{name}", given)
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert str(refused.value).startswith(f"HUBSPOT_{name} is invalid: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"EXECUTOR": "celery"}, "HUBSPOT_EXECUTOR=celery needs HUBSPOT_CELERY_BROKER, such as redis://broker:6379/0."),
        (
            {"EXECUTOR": "celery", "CELERY_BROKER": "redis://:hidden-value@broker/0"},
            "HUBSPOT_EXECUTOR=celery needs HUBSPOT_DUCKDB_PATH to be absolute, not .data/hubspot.duckdb.",
        ),
        (
            {
                "EXECUTOR": "celery",
                "CELERY_BROKER": "amqp://me:hidden-value@broker",
                "DUCKDB_PATH": "/data/hubspot.duckdb",
            },
            "HUBSPOT_EXECUTOR=celery needs HUBSPOT_BUDGET_URL (redis://… or postgresql://…)",
        ),
        (
            {"EXECUTOR": "kubernetes", "BUDGET_URL": "redis://:hidden-value@broker/0"},
            "HUBSPOT_EXECUTOR=kubernetes runs each step in a pod of its own, and a DuckDB file would be gone with it: "
            "set HUBSPOT_DESTINATION=snowflake or s3.",
        ),
        (
            {"EXECUTOR": "kubernetes", "DESTINATION": "snowflake"},
            "HUBSPOT_EXECUTOR=kubernetes needs HUBSPOT_BUDGET_URL (redis://… or postgresql://…)",
        ),
    ],
)
def test_steps_in_other_places_need_what_they_share(monkeypatch, given, said):
    for name, value in given.items():
        monkeypatch.setenv(f"HUBSPOT_{name}", value)
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert said in str(refused.value)
    assert "hidden-value" not in f"{refused.value!r} {refused.value.__context__!r}"


@pytest.mark.parametrize(("budget", "shared_by"), [(None, "redis://broker/1"), ("redis://other", "redis://other")])
def test_machines_share_the_limits_by_a_broker_that_is_redis_unless_told_otherwise(monkeypatch, budget, shared_by):
    monkeypatch.setenv("HUBSPOT_EXECUTOR", "celery")
    monkeypatch.setenv("HUBSPOT_CELERY_BROKER", "redis://broker/1")
    monkeypatch.setenv("HUBSPOT_DUCKDB_PATH", "/data/hubspot.duckdb")
    if budget:
        monkeypatch.setenv("HUBSPOT_BUDGET_URL", budget)
    settings = Settings.load()
    assert settings.budget_url is not None
    assert settings.budget_url.get_secret_value() == shared_by


def test_patterns_for_an_object_that_is_not_synced_are_refused(monkeypatch):
    monkeypatch.setenv("HUBSPOT_DENY_PROPERTIES", '{"contatcs": ["ssn"]}')
    with pytest.raises(SettingsError, match="HUBSPOT_DENY_PROPERTIES names contatcs, which HUBSPOT_OBJECTS does not"):
        Settings.load()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("CLIENT_ID",), "together"),
        (("ACCESS_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"), "not both"),
    ],
)
def test_half_a_credential_and_two_credentials_are_refused_without_showing_them(monkeypatch, given, said):
    for name in given:
        monkeypatch.setenv(f"HUBSPOT_{name}", "hidden-value")
    with pytest.raises(SettingsError, match=said) as refused:
        Settings.load()
    assert "hidden-value" not in f"{refused.value!r} {refused.value.__cause__!r} {refused.value.__context__!r}"


def test_no_repr_shows_a_secret(monkeypatch):
    monkeypatch.setenv("HUBSPOT_BUDGET_URL", "redis://user:hidden-value@cache")
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "hidden-value")
    monkeypatch.setenv("HUBSPOT_CELERY_BROKER", "redis://:hidden-value@broker/0")
    monkeypatch.setenv("HUBSPOT_ALERT_WEBHOOK", "https://hooks.example.com/hidden-value")
    settings = Settings.load()
    assert "hidden-value" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_datasets_are_the_four_of_the_crm_unless_others_are_named(monkeypatch):
    assert Settings.load().datasets == ("associations", "owners", "pipelines", "definitions")
    monkeypatch.setenv("HUBSPOT_DATASETS", "Owners, forms")
    assert Settings.load().datasets == ("owners", "forms")
    monkeypatch.setenv("HUBSPOT_DATASETS", "none")
    assert Settings.load().datasets == ()
    monkeypatch.setenv("HUBSPOT_DATASETS", "all")
    assert Settings.load().datasets == tuple(DATASETS)


def test_pairs_of_associations_are_found_by_names_and_type_ids(monkeypatch):
    assert Settings.load().associations == "all"
    monkeypatch.setenv("HUBSPOT_OBJECTS", "contacts,companies,deals,how_to_guides,2-7")
    monkeypatch.setenv("HUBSPOT_ASSOCIATIONS", "Contacts_to_Companies,0-3_to_2-7,how_to_guides_to_deals,deals_to_2-7")
    assert Settings.load().associations == (
        Pair("contacts", "companies"),
        Pair("deals", "2-7"),
        Pair("how_to_guides", "deals"),
    )
    monkeypatch.setenv("HUBSPOT_ASSOCIATIONS", "all")
    assert Settings.load().associations == "all"


def test_patterns_of_a_history_bring_their_dataset_with_them(monkeypatch):
    monkeypatch.setenv("HUBSPOT_PROPERTY_HISTORY", '{"deals": ["dealstage", "amount"]}')
    settings = Settings.load()
    assert settings.property_history == {"deals": ("dealstage", "amount")}
    assert settings.datasets[-1] == "property_history"


@pytest.mark.parametrize(
    ("name", "value"), [("PROPERTY_HISTORY", '{"deals": ["amount"]}'), ("ASSOCIATIONS", "contacts_to_deals")]
)
def test_a_description_of_a_dataset_that_is_left_out_is_refused(monkeypatch, name, value):
    monkeypatch.setenv("HUBSPOT_DATASETS", "owners")
    monkeypatch.setenv(f"HUBSPOT_{name}", value)
    with pytest.raises(SettingsError, match=f"HUBSPOT_{name} is set, but HUBSPOT_DATASETS leaves out {name.lower()}"):
        Settings.load()


def test_events_are_named_with_the_instant_they_begin_at(monkeypatch):
    monkeypatch.setenv("HUBSPOT_EVENTS", "e_visited_page,pe123_Login")
    monkeypatch.setenv("HUBSPOT_EVENTS_SINCE", "2026-01-01")
    settings = Settings.load()
    assert settings.events == ("e_visited_page", "pe123_login")
    assert settings.events_since == datetime(2026, 1, 1, tzinfo=UTC)


def test_every_schedule_goes_by_the_clock_of_the_time_zone(monkeypatch):
    monkeypatch.setenv("HUBSPOT_TIME_ZONE", "Europe/Berlin")
    monkeypatch.setenv("HUBSPOT_LATEST_SCHEDULE", "0 6-20 * * 1-5")
    settings = Settings.load()
    schedules = settings.latest_schedule, settings.archived_schedule, settings.marketing_schedule
    assert {schedule.time_zone for schedule in schedules} == {"Europe/Berlin"}


def test_the_file_of_the_tables_may_be_in_the_home_folder(settings_folder, monkeypatch):
    monkeypatch.setenv("HOME", str(settings_folder))
    monkeypatch.setenv("HUBSPOT_DUCKDB_PATH", "~/tables.duckdb")
    assert Settings.load().duckdb_path == settings_folder / "tables.duckdb"


def test_a_drive_is_no_protocol(monkeypatch):
    monkeypatch.setenv("HUBSPOT_DUCKDB_PATH", "C:/tables.duckdb")
    assert Settings.load().duckdb_path == Path("C:/tables.duckdb")


def test_settings_made_in_a_program_take_nothing_from_the_environment(monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", "deals")
    assert Settings(objects=("contacts",)).objects == ("contacts",)
    assert Settings().objects == DEFAULT_OBJECT_TYPES
