"""One request to HubSpot and its answer: who asks, what can go wrong, whether to ask again."""
