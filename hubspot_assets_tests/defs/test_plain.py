"""What the Dagster UI shows as plain text holds no marks of Markdown."""

import dagster as dg
import pytest

from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.defs.failures import failing_clearly
from hubspot_assets.defs.plain import plain
from hubspot_assets.hubspot.transport.errors import HubSpotError
from hubspot_assets.settings.hubspot import Settings


def test_what_is_marked_as_code_is_put_into_quotes_and_all_else_stays():
    assert plain("Launch with `full: true`, or `hubspot-assets reset`.") == (
        "Launch with 'full: true', or 'hubspot-assets reset'."
    )
    assert plain("One ` alone\nis no `mark") == "One ` alone\nis no `mark"


def test_failures_are_plain_text():
    with pytest.raises(dg.Failure) as failed, failing_clearly():
        raise HubSpotError("It is gone: launch with `allow_mass_deletion: true`.")
    assert failed.value.description == "It is gone: launch with 'allow_mass_deletion: true'."


def test_descriptions_that_are_not_rendered_and_metadata_of_definitions_are_plain_text():
    defs = hubspot_definitions(Settings.model_validate({"objects": "all", "datasets": "all"}))
    repository = defs.get_repository_def()
    not_rendered = {
        **{each.name: each.description for each in (*repository.sensor_defs, *repository.schedule_defs)},
        **{name: each.description for name, each in repository.get_top_level_resources().items()},
    }
    assert not_rendered
    for key in repository.asset_graph.get_all_asset_keys():
        for name, value in repository.asset_graph.get(key).metadata.items():
            if not isinstance(value, dg.MarkdownMetadataValue):
                not_rendered[f"{key.to_user_string()} {name}"] = str(getattr(value, "value", value))
    assert {name: text for name, text in not_rendered.items() if "`" in (text or "")} == {}


def test_descriptions_of_assets_begin_as_plain_text_for_the_catalogs_list():
    asked = {"objects": "all", "datasets": "all", "events": "e_visited_page", "property_history": {"deals": ["amount"]}}
    graph = hubspot_definitions(Settings.model_validate(asked)).get_repository_def().asset_graph
    descriptions = {key.to_user_string(): graph.get(key).description or "" for key in graph.get_all_asset_keys()}
    first_lines = {name: text.partition("\n")[0] for name, text in descriptions.items()}
    assert all(first_lines.values())
    assert {name: text for name, text in first_lines.items() if "`" in text or "**" in text} == {}
