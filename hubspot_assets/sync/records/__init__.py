"""The family of records: one table per object type, its live and its archived records."""
