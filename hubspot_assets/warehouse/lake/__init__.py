"""Delta Lake tables on S3 as the destination, one per table, readable by every engine."""
