import dagster as dg
import pytest

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.defs.assets.records import records_asset
from hubspot_assets.hubspot.transport.errors import ServerError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.sync import sync
from hubspot_assets_tests.launch import both, launch, metadata, retries, sentence
from hubspot_assets_tests.truth import assert_equals_portal


def test_both_partitions_in_one_run_bring_the_table_into_line(account, warehouse):
    result = both("contacts")
    assert result.success
    assert assert_equals_portal(warehouse, account, "contacts") > 100
    said = metadata(result, "contacts")
    states = [row["state"] for row in account.records("contacts")]
    assert said["latest"]["dagster/partition_row_count"] == states.count("live")
    for partition in said.values():
        assert partition["dagster/row_count"] == states.count("live") + states.count("archived")
    assert said["archived"]["rows_inserted"] == states.count("archived")


def test_one_partition_leaves_the_other_alone(account, warehouse):
    assert launch("companies", partition="archived").success
    assert set(warehouse.read("OBJECTS_COMPANIES")["DELETIONREASON"].to_pylist()) == {"archived"}
    assert launch("companies", partition="latest").success
    assert_equals_portal(warehouse, account, "companies")


def test_a_materialization_says_what_it_did(account, warehouse):
    said = metadata(both("tickets"), "tickets")
    numbers = {
        "rows_read", "rows_inserted", "rows_updated", "rows_unchanged", "rows_unparsed", "api_calls",
        "api_calls_answered_429", "duration_seconds", "seconds_waiting_for_limits", "records_per_second",
        "dagster/row_count", "dagster/partition_row_count",
    }  # fmt: skip
    for partition in ("latest", "archived"):
        facts = said[partition]
        assert {key for key, value in facts.items() if isinstance(value, int | float)} >= numbers
        assert next(iter(facts)) == "result"
        assert facts["result"] == f"Written: {facts['rows_inserted']:,} inserted."
        assert facts["dagster/table_name"] == "OBJECTS_TICKETS"
        assert facts["strategy"] == "scan"
        assert facts["window"].startswith("the beginning to 20")
        assert facts["covered_until"] > 1.7e9
        assert 0 <= facts["lag_seconds"] < 60
        assert facts["destination"] == f"DuckDB file {warehouse._file.path}"
    assert said["latest"]["rows_inserted"] == said["latest"]["rows_read"] > 0
    assert "created table OBJECTS_TICKETS" in said["latest"]["schema_changes"]


def test_a_materialization_links_to_the_records_and_their_settings_in_hubspot(account):
    said = metadata(both("tickets"), "tickets")
    portal_id = account.about()["portal_id"]
    for partition in ("latest", "archived"):
        assert list(said[partition])[-2:] == ["link_to_records", "link_to_properties"]
        records, properties = (said[partition][f"link_to_{what}"] for what in ("records", "properties"))
        assert records == f"https://app.hubspot.com/contacts/{portal_id}/objects/0-5/views/all/list"
        assert properties == f"https://app.hubspot.com/property-settings/{portal_id}/properties?type=0-5"


def test_the_columns_carry_hubspots_labels_and_descriptions(account):
    schema = metadata(launch("tickets", partition="latest"), "tickets")["latest"]["dagster/column_schema"]
    columns = {column.name: column for column in schema.columns}
    assert columns["OBJECTID"].type == "bigint"
    assert columns["OBJECTID"].constraints == dg.TableColumnConstraints(nullable=False, unique=True)
    assert "key" in columns["OBJECTID"].description
    assert columns["PROPERTY_SUBJECT"].description == "Ticket name: What the ticket is about, in short."
    assert {column.type for column in schema.columns} <= {
        "text", "bigint", "boolean", "date", "timestamp", "decimal(38,10)",
    }  # fmt: skip


def test_a_column_that_is_not_called_as_its_property_names_it(account):
    account.create_property("tickets", "Moon-Phase")
    schema = metadata(launch("tickets", partition="latest"), "tickets")["latest"]["dagster/column_schema"]
    described = {column.name: column.description for column in schema.columns}
    assert described["PROPERTY_MOON_PHASE"].endswith("(property `Moon-Phase`)")
    assert [name for name, text in described.items() if "(property" in text] == ["PROPERTY_MOON_PHASE"]


def test_a_run_that_finds_nothing_new_still_tells_the_columns(account):
    with dg.DagsterInstance.ephemeral() as instance:
        first = metadata(launch("goals", partition="latest", instance=instance), "goals")["latest"]
        account.advance(7200)
        launch("goals", partition="latest", instance=instance)
        idle = metadata(launch("goals", partition="latest", instance=instance), "goals")["latest"]
    assert idle["rows_read"] == 0
    assert idle["result"] == "Nothing had changed; nothing was read or written."
    assert idle["dagster/column_schema"] == first["dagster/column_schema"]


def test_the_event_log_tells_how_far_the_sync_is(account):
    with dg.DagsterInstance.ephemeral() as instance:
        result = launch("contacts", partition="latest", instance=instance)
        lines = [entry.user_message for entry in instance.all_logs(result.run_id)]
    assert any(line.startswith("contacts latest: reads every record") and "by scan" in line for line in lines)
    assert any("inserted" in line and "API calls" in line for line in lines)


def test_a_range_that_runs_backwards_fails_instead_of_doing_nothing(account, warehouse):
    result = launch("contacts", range_=("archived", "latest"))
    assert not result.success
    assert "'latest...archived' in this order" in sentence(result, "hubspot__contacts")
    assert warehouse.schema("OBJECTS_CONTACTS") is None


def test_a_launch_without_a_partition_fails_with_the_partitions_there_are(account):
    result = launch("contacts")
    assert "choose 'latest', 'archived', or both" in sentence(result, "hubspot__contacts")


def test_a_window_asked_for_is_replayed_and_moves_no_watermark(account, warehouse):
    assert launch("contacts", partition="latest").success
    covered = warehouse.read("SYNCS")["COVEREDUNTIL"].to_pylist()
    instants = sorted(warehouse.read("OBJECTS_CONTACTS", where=[("ARCHIVED", "=", False)])["UPDATEDAT"].to_pylist())
    after, before = instants[20], instants[40]
    config = {"updated_after": after.isoformat() + "Z", "updated_before": before.isoformat() + "Z"}
    said = metadata(launch("contacts", partition="latest", config=config), "contacts")["latest"]
    assert said["mode"] == "window"
    assert said["window"] == f"{after:%Y-%m-%d %H:%M:%S} UTC to {before:%Y-%m-%d %H:%M:%S} UTC"
    assert said["rows_unchanged"] == said["rows_read"] >= 20
    assert said["result"] == f"Read {said['rows_read']}, all as they stood; no row was written."
    windows = warehouse.read("SYNCS", where=[("MODE", "=", "window")])
    assert windows["COVEREDUNTIL"].to_pylist() == [None]
    assert set(covered) < set(warehouse.read("SYNCS")["COVEREDUNTIL"].to_pylist())


def test_a_full_run_marks_what_hubspot_no_longer_has_and_refuses_to_mark_too_much(account, warehouse):
    assert launch("companies", partition="latest").success
    ids = account.ids("companies")
    account.purge("companies", ids[:2])
    said = metadata(launch("companies", partition="latest", config={"full": True}), "companies")["latest"]
    assert said["rows_purged"] == 2
    account.purge("companies", ids[2:22])
    refused = launch("companies", partition="latest", config={"full": True})
    assert "allow_mass_deletion" in sentence(refused, "hubspot__companies")
    assert retries(refused) == 0
    assert warehouse.count("OBJECTS_COMPANIES", [("DELETIONREASON", "=", "purged")]) == 2
    config = {"full": True, "allow_mass_deletion": True}
    assert metadata(launch("companies", partition="latest", config=config), "companies")["latest"]["rows_purged"] == 20


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            {"updated_after": "yesterday"},
            "The launch's 'updated_after' is invalid: 'yesterday' is not a date or time; write 2024-01-31",
        ),
        ({"full": True, "updated_after": "2024-01-31"}, "'full' reads every record"),
        ({"updated_after": "2024-02-01", "updated_before": "2024-01-01"}, "swap them or widen the window"),
    ],
)
def test_a_config_that_cannot_be_meant_is_refused_in_one_sentence(account, warehouse, config, said):
    result = launch("contacts", partition="latest", config=config)
    assert said in sentence(result, "hubspot__contacts")
    assert retries(result) == 0
    assert warehouse.schema("OBJECTS_CONTACTS") is None


def test_the_launch_dialog_explains_every_field():
    config = records_asset("contacts", Settings()).op.config_schema.config_type
    assert isinstance(config, dg.Shape)
    fields = config.fields
    assert set(fields) == {"updated_after", "updated_before", "full", "allow_mass_deletion", "restart"}
    assert all(len(field.description or "") > 40 for field in fields.values())


def test_a_token_that_does_not_work_fails_the_step_once_and_names_the_cure(account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "pat-na1-unknown")
    result = launch("contacts", partition="latest")
    assert "Create a service key" in sentence(result, "hubspot__contacts")
    assert retries(result) == 0
    assert "pat-na1-unknown" not in repr(result.all_events)


def test_no_token_fails_the_step_once_and_names_the_variable(account, monkeypatch):
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    result = launch("contacts", partition="latest")
    assert sentence(result, "hubspot__contacts").startswith("HUBSPOT_ACCESS_TOKEN is not set.")
    assert retries(result) == 0


def test_a_missing_scope_is_named_and_the_other_assets_go_on(account, warehouse, monkeypatch):
    token = account.issue_token(without=["crm.objects.contacts.read"])
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", token)
    result = launch("contacts", "companies", partition="latest")
    assert "lacks the scope crm.objects.contacts.read" in sentence(result, "hubspot__contacts")
    assert retries(result) == 0
    assert metadata(result, "companies")["latest"]["rows_read"] > 0
    assert warehouse.schema("OBJECTS_CONTACTS") is None


def test_an_unknown_object_fails_with_the_names_that_come_near(account, warehouse):
    result = launch("contcts", "goals", partition="latest")
    assert "Did you mean contacts" in sentence(result, "hubspot__contcts")
    assert retries(result) == 0
    assert metadata(result, "goals")["latest"]["rows_read"] > 0


@pytest.mark.parametrize("called", ["cars", "CARS", "qualified", "id"])
def test_a_custom_object_may_be_named_in_three_ways(account, warehouse, called, monkeypatch):
    from hubspot_assets.defs.resources.client import client_of
    from hubspot_assets.hubspot.schemas import custom_object_types

    with client_of(Settings.load()) as client:
        [cars] = [each for each in custom_object_types(client) if each.name == "cars"]
    name = {"qualified": cars.fully_qualified_name, "id": cars.object_type_id}.get(called, called)
    monkeypatch.setenv("HUBSPOT_OBJECTS", name)
    [name] = Settings.load().objects
    assert both(name).success
    assert assert_equals_portal(warehouse, account, "cars", table="OBJECTS_CARS") == len(list(account.records("cars")))


def test_what_passes_is_retried_and_goes_on(account, warehouse, monkeypatch):
    monkeypatch.setattr(sync, "FIRST_WAIT", 0)
    run, attempts = sync.run, []

    def flaky(source, *arguments, **options):
        attempts.append(source.sync_id)
        if len(attempts) == 1:
            raise ServerError("HubSpot failed to answer.", status=502)
        return run(source, *arguments, **options)

    monkeypatch.setattr(sync, "run", flaky)
    result = launch("goals", partition="latest")
    assert result.success
    assert len(set(attempts)) == 2
    assert retries(result) == 0
    assert warehouse.count("OBJECTS_GOALS") == len(account.ids("goals"))


def test_every_object_type_of_the_catalog_makes_an_asset():
    settings = Settings(owners=("team:crm",))
    for name, object_type in STANDARD_OBJECT_TYPES.items():
        asset = records_asset(name, settings)
        [spec] = asset.specs
        assert spec.key == dg.AssetKey(["hubspot", name])
        assert spec.group_name == object_type.family
        assert spec.kinds == {"hubspot", "duckdb"}
        assert spec.tags["hubspot/object_type_id"] == object_type.object_type_id
        assert list(spec.owners) == ["team:crm"]
        assert spec.metadata["dagster/table_name"] == object_type.table
        assert object_type.description in (spec.description or "")
        assert [dep.asset_key for dep in spec.deps] == [dg.AssetKey(["hubspot", "account"])]
        assert asset.partitions_def is not None
        assert asset.partitions_def.get_partition_keys() == ["latest", "archived"]
        assert asset.backfill_policy == dg.BackfillPolicy.single_run()
        assert asset.op.pool == f"hubspot/{name}"
        # With one, Dagster would take Terminate for a reason to begin anew.
        assert asset.op.retry_policy is None


def test_a_retyped_property_keeps_its_raw_values(account, warehouse):
    ids = account.ids("contacts")[:3]
    account.create_property("contacts", "shoe_size", "number", values={ids[0]: "42", ids[1]: "forty-two"})
    assert launch("contacts", partition="latest").success
    before = warehouse.read("OBJECTS_CONTACTS", ["PROPERTY_SHOE_SIZE", "UNPARSED"], [("OBJECTID", "=", ids[1])])
    assert before["PROPERTY_SHOE_SIZE"].to_pylist() == [None]
    assert "forty-two" in before["UNPARSED"][0].as_py()
    account.retype_property("contacts", "shoe_size", "string", values={ids[2]: "XL"}, touch=True)
    result = launch("contacts", partition="latest")
    assert "widened PROPERTY_SHOE_SIZE" in metadata(result, "contacts")["latest"]["schema_changes"]
    rows = warehouse.read("OBJECTS_CONTACTS", ["OBJECTID", "PROPERTY_SHOE_SIZE", "UNPARSED"], [("OBJECTID", "in", ids)])
    sizes = dict(zip(rows["OBJECTID"].to_pylist(), rows["PROPERTY_SHOE_SIZE"].to_pylist(), strict=True))
    assert sizes == {ids[0]: "42", ids[1]: "forty-two", ids[2]: "XL"}
    assert not [text for text in rows["UNPARSED"].to_pylist() if text and "shoe_size" in text]


def test_properties_named_like_sql_keywords_are_columns_like_any_other(account, warehouse):
    id_ = account.ids("companies")[0]
    for name in ("select", "order", "group"):
        account.create_property("companies", name, "string", values={id_: f"the {name}"})
    assert launch("companies", partition="latest").success
    columns = ["PROPERTY_SELECT", "PROPERTY_ORDER", "PROPERTY_GROUP"]
    assert warehouse.read("OBJECTS_COMPANIES", columns, [("OBJECTID", "=", id_)]).to_pylist() == [
        {"PROPERTY_SELECT": "the select", "PROPERTY_ORDER": "the order", "PROPERTY_GROUP": "the group"}
    ]


def test_allow_and_deny_lists_say_which_properties_become_columns(account, warehouse, monkeypatch):
    monkeypatch.setenv("HUBSPOT_ALLOW_PROPERTIES", '{"Contacts": ["email", "first*", "last*"]}')
    monkeypatch.setenv("HUBSPOT_DENY_PROPERTIES", '{"0-1": ["lastname"]}')
    assert launch("contacts", partition="latest").success
    names = {name for name in warehouse.schema("OBJECTS_CONTACTS").names if name.startswith("PROPERTY_")}
    assert {"PROPERTY_EMAIL", "PROPERTY_FIRSTNAME"} <= names
    assert "PROPERTY_LASTNAME" not in names
    assert "PROPERTY_PHONE" not in names
