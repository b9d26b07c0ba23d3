"""The one room in which hostile bytes are parsed."""
