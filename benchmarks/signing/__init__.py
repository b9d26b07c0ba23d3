"""Signing: how much the service adds to the library that signs for it."""
