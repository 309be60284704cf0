"""The front door of Dagster: settings in, definitions out. It wires, and computes nothing."""

import warnings

import dagster as dg

# Backfill policies are in beta; one warning per asset would bury every log.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

from hubspot_assets.defs.build import hubspot_definitions  # noqa: E402
from hubspot_assets.defs.executors.by_setting import executor_of  # noqa: E402
from hubspot_assets.settings.hubspot import Settings  # noqa: E402

settings = Settings.load()

defs = dg.Definitions.merge(hubspot_definitions(settings), dg.Definitions(executor=executor_of(settings)))
