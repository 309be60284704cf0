"""HubSpot CRM data in a warehouse, as Dagster assets."""

from importlib.metadata import version

__version__ = version("hubspot-assets")
