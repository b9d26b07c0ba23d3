"""Faults on purpose: the whole pipeline on real brokers, killed and stopped at random, and its history checked."""
