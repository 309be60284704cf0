"""One materialization: what to read from HubSpot, and what becomes of it in the warehouse. No Dagster."""
