"""Measurements: each prints a table and, as its last line, one JSON object. Tests are never timed."""
