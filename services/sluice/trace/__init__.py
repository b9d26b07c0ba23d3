"""Traces as trees: what caused what, and which way the time went."""
