"""The Dagster face: assets, checks, automation, resources. It asks the libraries; it decides nothing about HubSpot."""
