"""Tables of data about HubSpot, the same for every account; no logic."""
