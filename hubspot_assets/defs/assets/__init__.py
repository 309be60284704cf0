"""The assets: one module per family, each a factory over the catalog."""
