"""`sluice dev certs`: the C2PA chain that this machine signs with in development."""

import datetime as dt
import json
import os
import sys
from typing import Annotated

import typer

from sluice.errors import NotReadyError
from sluice.local.certificates import Chain, create_chain, ensure_chain
from sluice.settings import sluice_home

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Force = Annotated[bool, typer.Option("--force", help="Replace the chain: what it signed no longer verifies.")]


@app.command()
def certs(force: Force = False) -> None:
    """Make the development signing chain where there is none, and say where it is."""
    home = sluice_home(os.environ)
    try:
        chain = create_chain(home, force=True) if force else ensure_chain(home)
    except NotReadyError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    print(_lines(chain) if sys.stdout.isatty() else _json(chain))
    if force:
        print(
            "Restart the signer to use the new chain. Pictures signed before verify against the old root only.",
            file=sys.stderr,
        )
    if chain.expired():
        print("The signing certificate has expired; `sluice dev certs --force` makes a new one.", file=sys.stderr)
        raise typer.Exit(1)


def _lines(chain: Chain) -> str:
    days = (chain.expires - dt.datetime.now(dt.UTC)).days
    return "\n".join(
        (
            f"trust anchor         {chain.root}",
            f"signing certificate  {chain.chain}",
            f"signing key          {chain.key}",
            f"serial               {chain.serial}",
            f"expires              {chain.expires:%Y-%m-%d} (in {days} days)",
        )
    )


def _json(chain: Chain) -> str:
    paths = {"root": str(chain.root), "chain": str(chain.chain), "key": str(chain.key)}
    return json.dumps({**paths, "serial": chain.serial, "expires": chain.expires.isoformat()})


if __name__ == "__main__":
    app()
