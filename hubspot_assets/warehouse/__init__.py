"""Arrow tables merged into warehouse tables: no Dagster, no HubSpot."""
