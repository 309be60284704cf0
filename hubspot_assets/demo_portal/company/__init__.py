"""The demo company: who works where, what was sold, and what went wrong afterwards, made from a seed."""
