"""HubSpot's rate limits, shared by all threads, processes and machines that ask for one account."""
