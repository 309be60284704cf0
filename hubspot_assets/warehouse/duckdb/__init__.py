"""A DuckDB file as the destination."""
