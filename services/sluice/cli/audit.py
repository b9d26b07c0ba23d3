"""`sluice audit`: the vault's log of who did what."""

from typing import Annotated, Final

import typer

from sluice.cli.tell import put_json, refuse, say, show_table, wants_json
from sluice.cli.vault_where import Json, opened
from sluice.moments import when
from sluice.vault.entry import Entry, Head, parse_head

_EMPTY: Final = "the log is empty"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Who did what with evidence, and whether the log of it is whole.",
)


@app.callback()
def root() -> None:
    """The log lies with the vault (SLUICE_VAULT), its head elsewhere (SLUICE_VAULT_ANCHOR)."""


@app.command()
def verify(
    head: Annotated[
        str, typer.Option(metavar="NUMBER:DIGEST", help="A head that was written down: the log has to contain it.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Read every line of the log; say its head, or which line is the first bad one.

    Exit status: 0 the log is whole, 1 it is not, 2 wrong usage.
    """
    found = opened().log.verify(_known(head))
    if wants_json(as_json):
        put_json({"lines": found.seq, "head": str(found)})
    else:
        typer.echo(f"{found.seq} lines, all of them sound; head {found}")
    if not found.seq:
        say(_EMPTY)


@app.command(name="list")
def list_all(
    evidence: Annotated[str, typer.Option(metavar="ID", help="Just what was done with this.")] = "",
    as_json: Json = False,
) -> None:
    """Show the log, once all of it was verified.

    Exit status: 0 shown, 1 it is not whole, 2 wrong usage.
    """
    lines: list[Entry] = []
    opened().log.verify(told=lines.append)
    wanted = [one for one in lines if evidence in {"", one.evidence}]
    if not wanted:
        say(f"no line is about {evidence}: an id is whole, as `sluice vault list` tells it" if lines else _EMPTY)
    if wants_json(as_json):
        for one in wanted:
            put_json(
                {
                    "line": one.seq,
                    "at_ms": one.at_ms,
                    "who": one.who,
                    "action": one.action,
                    "evidence": one.evidence,
                    "why": one.why,
                }
            )
        return
    rows = [["line", "at", "who", "action", "evidence", "why"]]
    rows += [[str(one.seq), when(one.at_ms), one.who, one.action, one.evidence, one.why] for one in wanted]
    show_table(rows)


def _known(text: str) -> Head | None:
    if not text:
        return None
    try:
        return parse_head(text)
    except ValueError as error:
        refuse(f"--head: {error}")


if __name__ == "__main__":
    app()
