"""Chromium for the tests, without a window: fetched once through npm, driven over its own pipe."""
