"""The endpoints of HubSpot's API that the portal serves, one file per family."""
