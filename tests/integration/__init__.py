"""Tests against the real thing: a broker, child processes, verifiers."""
