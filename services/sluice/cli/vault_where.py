"""The vault that the environment names, and the options that its commands share."""

import os
from typing import Annotated

import typer

from sluice.settings import Reader
from sluice.vault.opened import open_vault
from sluice.vault.settings import VaultSettings, read_vault
from sluice.vault.store import Vault

Who = Annotated[str, typer.Option("--who", metavar="NAME", help="You: a login or a mail address.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="One line; it goes into the audit log.")]
Json = Annotated[bool, typer.Option("--json", help="JSON lines, also on a terminal.")]


def settings() -> VaultSettings:
    """Raises ConfigError."""
    reader = Reader(os.environ)
    found = read_vault(reader, os.environ)
    reader.finish()
    return found


def opened() -> Vault:
    """Raises what `open_vault` raises; NotReadyError where there is none: a mistyped address is no empty vault."""
    return open_vault(settings(), begin=False)
