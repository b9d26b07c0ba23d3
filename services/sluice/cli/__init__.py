"""The command `sluice`: one file per command."""
