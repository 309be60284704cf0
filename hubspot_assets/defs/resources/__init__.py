"""Thin Dagster skins over the libraries."""
