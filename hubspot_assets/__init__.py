"""HubSpot CRM data in a warehouse, as Dagster assets."""
