"""The front door of Dagster: settings in, definitions out. It wires, and computes nothing."""

import gc

import dagster as dg

from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.defs.executors.by_setting import executor_of
from hubspot_assets.settings.hubspot import Settings

settings = Settings.load()

defs = dg.Definitions.merge(hubspot_definitions(settings), dg.Definitions(executor=executor_of(settings)))

# What is loaded by now stays. Each process of a run would look through it for garbage at its end, for 0.4 s.
gc.freeze()
