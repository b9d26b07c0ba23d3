"""Looks the digests of a picture up in banks of known ones. Sees no bytes and no pixels."""
