"""The HubSpot API as a library: no Dagster, no warehouse."""
