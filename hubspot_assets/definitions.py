"""The front door: settings in, definitions out. It wires, and computes nothing."""

import warnings

import dagster as dg

# Backfill policies are in beta; one warning per asset would bury every log.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

from hubspot_assets.defs.assets.records import HUBSPOT_ACCOUNT, records_asset, records_key  # noqa: E402
from hubspot_assets.defs.automation.jobs import SYNC_JOB, freshness_job  # noqa: E402
from hubspot_assets.defs.automation.retention import retention_job  # noqa: E402
from hubspot_assets.defs.automation.schedules import schedules  # noqa: E402
from hubspot_assets.defs.automation.sensors import change_sensor  # noqa: E402
from hubspot_assets.defs.checks.freshness import freshness_checks  # noqa: E402
from hubspot_assets.defs.checks.records import record_checks  # noqa: E402
from hubspot_assets.defs.executors.by_setting import executor_of  # noqa: E402
from hubspot_assets.defs.io_managers.tables import TablesIOManager  # noqa: E402
from hubspot_assets.defs.resources.hubspot import HubSpotResource  # noqa: E402
from hubspot_assets.settings.hubspot import Settings  # noqa: E402

settings = Settings.load()
_freshness = freshness_checks(settings)
_keys = [records_key(name) for name in settings.objects]
_retention = [retention_job(_keys, settings.keep_runs_days)] if settings.keep_runs_days else []

defs = dg.Definitions(
    assets=[HUBSPOT_ACCOUNT, *(records_asset(name, settings) for name in settings.objects)],
    asset_checks=[_freshness, *(record_checks(name, settings) for name in settings.objects)],
    jobs=[SYNC_JOB, freshness_job(_freshness), *_retention],
    schedules=schedules(settings),
    sensors=[change_sensor(settings)],
    resources={"hubspot": HubSpotResource(), "tables": TablesIOManager()},
    executor=executor_of(settings),
)
