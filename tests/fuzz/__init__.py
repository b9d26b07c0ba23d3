"""Broken pictures by the hundred thousand: `python -m tests.fuzz --help`."""
