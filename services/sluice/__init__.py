"""The kit: what every service stands on. It knows no service."""

__version__ = "0.1.0"
