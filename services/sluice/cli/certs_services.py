"""`sluice certs services`: certificates for gRPC between services on one machine."""

from pathlib import Path
from typing import Annotated, Final

import typer

from sluice.cli.tell import say
from sluice.contract.rpcs import rpc_services
from sluice.local.entry_points import service_names
from sluice.local.service_certificates import PEERS, make_folders, peers_text

CLIENT: Final = "operator"
"""Who may call everything, where no names are given."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Certificates for gRPC between services on one machine.",
)


@app.callback()
def root() -> None:
    """Certificates for gRPC between services on one machine. In a cluster, cert-manager makes them."""


@app.command()
def services(
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder: nothing is overwritten.")],
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A service or client. Repeatable. Default: every service, and `operator`."),
    ] = None,
) -> None:
    """Make a local authority, and of it DIR/NAME with tls.crt, tls.key and ca.crt for each service and client.

    Each is spiffe://sluice/local/NAME, at localhost and 127.0.0.1. DIR/peers.yaml lets every client (a name that is
    no service's) call everything. The authority's key is not kept: make all folders anew to add one. Not for
    production.

    Exit status: 0 made, 1 DIR exists or cannot be made, 2 wrong usage.
    """
    known = service_names()
    names = list(dict.fromkeys(name or [*known, CLIENT]))
    clients = [one for one in names if one not in known]
    folder = out.absolute()
    make_folders(folder, names, peers_text(rpc_services(), clients))
    for one in names:
        typer.echo(folder / one)
    say(f"a service: SLUICE_TLS_DIR={folder}/NAME SLUICE_PEERS={folder / PEERS}")
    if clients:
        say(f"a command: SLUICE_CLIENT_TLS_DIR={folder / clients[0]}")


if __name__ == "__main__":
    app()
