"""Every environment variable: validated once per process, passed on as a value."""
