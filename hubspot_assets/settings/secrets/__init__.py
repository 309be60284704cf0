"""Places that keep settings besides the environment and `.env`: one file per kind of place."""
