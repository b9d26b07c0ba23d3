"""`sluice provenance verify | find`."""

import typer

from sluice.cli.provenance_find import find
from sluice.cli.provenance_verify import verify

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Where a picture comes from: its C2PA credentials, and whether it is ours. See docs/provenance.md.",
)

app.command("verify")(verify)
app.command("find")(find)
