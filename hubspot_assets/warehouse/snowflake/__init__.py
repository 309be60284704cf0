"""A Snowflake schema as the destination."""
