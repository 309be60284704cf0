"""HubSpot property definitions and pages of JSON as Arrow schemas and typed Arrow tables."""
