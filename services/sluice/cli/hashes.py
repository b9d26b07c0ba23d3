"""`sluice hashes build | add | remove | sync | merge | lookup | stats | verify | test-set`."""

import typer

from sluice.cli.hashes_build import build, merge
from sluice.cli.hashes_change import add, remove
from sluice.cli.hashes_look import lookup, stats, verify
from sluice.cli.hashes_sync import sync
from sluice.cli.hashes_test_set import make_test_set

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Lists of known content: a store of hashes that matchers follow. docs/known-content.md tells about it.",
)
app.command("build")(build)
app.command("add")(add)
app.command("remove")(remove)
app.command("sync")(sync)
app.command("merge")(merge)
app.command("lookup")(lookup)
app.command("stats")(stats)
app.command("verify")(verify)
app.command("test-set")(make_test_set)
