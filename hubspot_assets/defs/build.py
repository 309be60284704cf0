"""All assets, checks and automation of one HubSpot account, for this project or for a host's."""

import warnings
from collections.abc import Sequence

import dagster as dg

from hubspot_assets.defs.assets.account import account_asset
from hubspot_assets.defs.assets.associations import associations_family
from hubspot_assets.defs.assets.combined import combined_family
from hubspot_assets.defs.assets.days import days_family
from hubspot_assets.defs.assets.family import Family
from hubspot_assets.defs.assets.lists import lists_family
from hubspot_assets.defs.assets.marketing import marketing_family
from hubspot_assets.defs.assets.property_history import property_history_family
from hubspot_assets.defs.assets.records import records_family
from hubspot_assets.defs.assets.reference import reference_family
from hubspot_assets.defs.automation.alerts import alert_sensors
from hubspot_assets.defs.automation.dead_runs import dead_run_sensor
from hubspot_assets.defs.automation.jobs import days_jobs, freshness_job, sync_job
from hubspot_assets.defs.automation.retention import retention_job
from hubspot_assets.defs.automation.schedules import schedules
from hubspot_assets.defs.automation.sensors import change_sensor
from hubspot_assets.defs.automation.upkeep import upkeep_job
from hubspot_assets.defs.checks.freshness import freshness_checks
from hubspot_assets.defs.io_managers.tables import tables_io_manager
from hubspot_assets.defs.library_logs import tell_runs
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.resources.hubspot import hubspot_resource
from hubspot_assets.settings.hubspot import Settings


def hubspot_definitions(settings: Settings, *, key_prefix: str | Sequence[str] = ()) -> dg.Definitions:
    """Return everything that keeps one account's tables up to date; another project merges it with its own.

    Args:
        settings: Which account, which tables, where to, how often.
        key_prefix: Goes before every asset key, and the names of jobs, schedules, sensors and resources: two accounts
            in one project need different ones.
    """
    tell_runs()
    names = Names((key_prefix,) if isinstance(key_prefix, str) else tuple(key_prefix))
    families = families_of(settings, names)
    tables = [table for family in families for table in family.tables]
    freshness = freshness_checks(settings, names, tables)
    retention = [retention_job(names, tables, settings.keep_runs_days)] if settings.keep_runs_days else []
    upkeep = [upkeep_job(names, settings)] if settings.destination == "s3" else []
    assets = [asset for family in families for asset in family.assets]
    checks = [freshness, *(check for family in families for check in family.checks)]
    steps = {each.op.name for each in (*assets, *checks)}
    return dg.Definitions(
        assets=[account_asset(settings, names), *assets],
        asset_checks=checks,
        jobs=[sync_job(names, tables), *days_jobs(names, tables), freshness_job(names, freshness), *retention, *upkeep],
        schedules=schedules(settings, names, tables),
        sensors=[
            change_sensor(settings, names, tables),
            dead_run_sensor(names),
            *alert_sensors(settings, names, tables, steps),
        ],
        resources={
            names.of("hubspot"): hubspot_resource(settings),
            names.of("tables"): tables_io_manager(settings),
        },
    )


def families_of(settings: Settings, names: Names) -> Sequence[Family]:
    """Return the families that the settings ask for."""
    with warnings.catch_warnings():
        # Backfill policies are in beta; one warning per asset would bury every log.
        warnings.simplefilter("ignore", dg.BetaWarning)
        families = [
            records_family(settings, names),
            reference_family(settings, names),
            marketing_family(settings, names),
            days_family(settings, names),
        ]
        if "associations" in settings.datasets:
            families.append(associations_family(settings, names))
        if "lists" in settings.datasets:
            families.append(lists_family(settings, names))
        if "property_history" in settings.datasets:
            families.append(property_history_family(settings, names))
        return [*families, combined_family(settings, names)]
