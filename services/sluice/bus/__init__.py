"""Kafka, as this project uses it."""
