"""`sluice hashes build | add | remove | sync | merge | lookup | stats | verify | test-set`."""

import typer

from sluice.cli.hashes_build import build, merge
from sluice.cli.hashes_change import add, remove
from sluice.cli.hashes_look import lookup, stats, verify
from sluice.cli.hashes_sync import sync
from sluice.cli.hashes_test_set import make_test_set
from sluice.cli.hashes_where import told

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Lists of known content: a store of hashes that matchers follow. docs/known-content.md tells about it.",
)
app.command("build")(told(build))
app.command("add")(told(add))
app.command("remove")(told(remove))
app.command("sync")(told(sync))
app.command("merge")(told(merge))
app.command("lookup")(told(lookup))
app.command("stats")(told(stats))
app.command("verify")(told(verify))
app.command("test-set")(told(make_test_set))
