"""Helpers around the generated messages."""
