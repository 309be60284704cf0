"""Other tools and this one, on the same work against the same demo portal."""
