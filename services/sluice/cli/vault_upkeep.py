"""`sluice vault expire | verify | rewrap | new-key`: the whole vault at once."""

from pathlib import Path
from typing import Annotated

import typer

from sluice.cli.tell import put_json, say, wants_json
from sluice.cli.vault_where import Json, opened
from sluice.vault.key_file import add_key
from sluice.vault.upkeep import Done
from sluice.vault.upkeep import expire as expire_all
from sluice.vault.upkeep import rewrap as rewrap_all
from sluice.vault.upkeep import verify as verify_all

_WHO = "sluice-vault"


def expire(as_json: Json = False) -> None:
    """Destroy what is due, and end what a crash left half destroyed. The reporter does it by itself.

    Exit status: 0 done, 1 something is damaged and stays, 2 wrong usage.
    """
    _tell(expire_all(opened(), _WHO), "destroyed", as_json)


def verify(as_json: Json = False) -> None:
    """Read the audit log, open every original and every record, and say what is not as it was.

    Exit status: 0 all of it is as it was, 1 something is not, 2 wrong usage.
    """
    _tell(verify_all(opened()), "sound", as_json)


def rewrap(as_json: Json = False) -> None:
    """Wrap every data key by the wrapping key that counts now. Once this ends with 0, older ones can go.

    Exit status: 0 done, 1 some could not be, 2 wrong usage.
    """
    _tell(rewrap_all(opened(), _WHO), "rewrapped", as_json)


def new_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Made, or added to; the old keys stay in it.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="Of the new key: 2027-01, say.")] = "1",
) -> None:
    """Add a wrapping key to a file, for development. It wraps from the next start on. In production a KMS keeps it.

    Whoever loses this file loses all evidence: keep a copy, and not beside the vault.

    Exit status: 0 added, 1 not added, 2 wrong usage.
    """
    add_key(file, name)
    uri = file.absolute().as_uri()
    say(f"{file} has the key {name}; SLUICE_VAULT_KEY={uri}; start the reporter anew, then `sluice vault rewrap`")


def add_to(app: typer.Typer) -> None:
    """These commands."""
    app.command()(expire)
    app.command()(verify)
    app.command()(rewrap)
    app.command(name="new-key")(new_key)


def _tell(done: Done, word: str, as_json: bool) -> None:
    for evidence, words in sorted(done.failed.items()):
        say(f"{evidence}: {words}")
    if wants_json(as_json):
        put_json({"seen": done.seen, word: list(done.done), "failed": done.failed})
    else:
        typer.echo(f"{done.seen} seen, {len(done.done)} {word}, {len(done.failed)} failed")
    if done.failed:
        raise typer.Exit(1)
