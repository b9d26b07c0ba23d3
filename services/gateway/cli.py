"""The commands under `sluice keys`. What one needs is imported when it runs."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from sluice.cli.tell import refuse

if TYPE_CHECKING:
    from gateway.key_commands import Wanted

app = typer.Typer(
    name="keys",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="API keys of the gateway, in SLUICE_GATEWAY_DB or SLUICE_HOME (docs/gateway.md).",
)

MOST: Final = 1_000_000_000
"""Of a limit: more is none, and no database takes every number."""
Name = Annotated[str, typer.Option("--name", metavar="TEXT", help="Whom it is for, for people.")]
Tenant = Annotated[
    str | None,
    typer.Option(
        "--tenant", metavar="NAME", help="On whose behalf it asks; it sees this tenant's requests. Default: default."
    ),
]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", metavar="moderate|read|console", help="Repeatable. Default: moderate and read."),
]
Rate = Annotated[int, typer.Option("--rate", min=0, max=MOST, metavar="N", help="Requests a minute; 0: any.")]
Burst = Annotated[
    int, typer.Option("--burst", min=0, max=MOST, metavar="N", help="Of them at once; 0: those of a minute.")
]
Day = Annotated[int, typer.Option("--per-day", min=0, max=MOST, metavar="N", help="Requests a day, UTC; 0: any.")]
Month = Annotated[
    int, typer.Option("--per-month", min=0, max=MOST, metavar="N", help="Requests a month, UTC; 0: any.")
]
Expires = Annotated[
    str | None, typer.Option("--expires", metavar="WHEN", help="90d, with h, d or w, or a date. Default: never.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, also on a terminal.")]


@app.command()
def create(
    name: Name,
    tenant: Tenant = None,
    scope: Scopes = None,
    rate: Rate = 0,
    burst: Burst = 0,
    per_day: Day = 0,
    per_month: Month = 0,
    expires: Expires = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it alone, this once: only its SHA-256 is kept."""
    from gateway.key_commands import Wanted
    from gateway.key_commands import create as run

    wanted = Wanted(name, tenant, tuple(scope or ()), rate, burst, per_day, per_month, expires)
    raise typer.Exit(run(_checked(wanted), as_json))


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """Show every key, without itself: what it is for, what it may, when something was last asked with it."""
    from gateway.key_commands import show as run

    raise typer.Exit(run(as_json))


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="As `list` shows it.")]) -> None:
    """Make a key good for nothing, within five seconds."""
    from gateway.key_commands import revoke as run

    raise typer.Exit(run(key_id))


@app.command()
def new() -> None:
    """Print a fresh key that is kept nowhere: a value for SLUICE_API_KEY."""
    from gateway.keys import new_secret

    typer.echo(new_secret())


def _checked(wanted: "Wanted") -> "Wanted":
    for problem in wanted.problems():
        refuse(problem)
    return wanted
