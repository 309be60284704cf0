"""Asset checks of what each table holds. Each result says what to do."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import dagster as dg

from hubspot_assets.defs.checks.check import check_result
from hubspot_assets.defs.checks.covered_instants import covered_instants
from hubspot_assets.defs.failures import failing_clearly
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import LATEST
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.defs.resources.object_types import object_types
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.settings.hubspot import Settings

_NAMES = Names()

RECORDS = "has_as_many_rows_as_hubspot"
DUPLICATES = "has_no_duplicate_records"
FUTURE = "is_not_modified_in_the_future"
UNPARSED = "values_fit_their_columns"
PROPERTIES = "has_all_its_properties"

_DESCRIPTIONS = {
    DUPLICATES: "Every record stands in one row.",
    FUTURE: "No row claims to be modified later than HubSpot's clock shows; such a row would keep out later changes.",
    UNPARSED: "At most 1 % of the rows have values that do not fit the type of their column (UNPARSED keeps them).",
    RECORDS: "HubSpot's own count of live records equals the table's, but for what changed meanwhile.",
    PROPERTIES: "No property vanished or changed its type since the last check, and each one of "
    "HUBSPOT_ALLOW_PROPERTIES exists.",
}
"""Those that need HubSpot come last, so that the others are told even if it does not answer."""

RECORD_CHECKS = tuple(_DESCRIPTIONS)
"""The names of all checks of records."""

_HISTORY = 20
"""Evaluations looked through for the last one that ended."""


def record_checks(name: str, settings: Settings, names: Names = _NAMES) -> dg.AssetChecksDefinition:
    """Return the checks of what one object type's table holds, in one step."""
    key = names.key(name)
    hubspot_key = names.of("hubspot")

    @dg.multi_asset_check(
        name=f"{key.to_python_identifier()}_checks",
        specs=[dg.AssetCheckSpec(check, asset=key, description=says) for check, says in _DESCRIPTIONS.items()],
        can_subset=True,
        required_resource_keys={hubspot_key},
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        from hubspot_assets.sync.records.inspection import Inspection
        from hubspot_assets.sync.records.property_filter import PropertyFilter

        hubspot: HubSpotResource = getattr(context.resources, hubspot_key)
        with failing_clearly():
            [object_type] = object_types(hubspot.client, settings, [name]).values()
            allow, deny = settings.allow_properties.get(name, ()), settings.deny_properties.get(name, ())
            warehouse = warehouse_of(settings)
            inspection = Inspection(
                hubspot.client, warehouse, object_type, PropertyFilter(allow, deny), settings.updated_after
            )

            def covered_until() -> datetime | None:
                return covered_instants(context.instance, lambda: warehouse, LATEST, {key: object_type.table})[key]

            inspect = {
                DUPLICATES: inspection.duplicates,
                FUTURE: inspection.future,
                UNPARSED: inspection.unparsed,
                RECORDS: lambda: inspection.records(covered_until()),
                PROPERTIES: lambda: inspection.properties(_properties_before(context.instance, key)),
            }
            selected = {check.name for check in context.selected_asset_check_keys}
            for check in RECORD_CHECKS:
                if check in selected:
                    yield check_result(key, check, inspect[check]())

    return checks


def _properties_before(instance: dg.DagsterInstance, key: dg.AssetKey) -> Mapping[str, str] | None:
    """The type of each property at the last evaluation of their check; None before the first."""
    history = instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(key, PROPERTIES), limit=_HISTORY
    )
    for record in history:
        evaluation = record.evaluation
        if isinstance(evaluation, dg.AssetCheckEvaluation) and "properties" in evaluation.metadata:
            return evaluation.metadata["properties"].value  # pyright: ignore[reportReturnType]
    return None
