"""`sluice provenance verify`."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from sluice.cli.provenance_anchors import find_anchors, find_stamp_anchors
from sluice.cli.provenance_files import STANDARD_INPUT, UnreadError, read_picture
from sluice.cli.provenance_tell import Answer, as_form, as_lines
from sluice.cli.tell import put_json, refuse, wants_json
from sluice.credentials.read import read_credentials
from sluice.errors import RetryableError
from sluice.media import EXTENSIONS

_AT_ONCE = 4
"""Files that are read at the same time, at most; each takes a process."""
_SECONDS = 30.0
"""Wall clock for one file. An honest one takes a few tenths; a busy machine should not make it a false one."""

_KINDS = ", ".join(sorted(kind.removeprefix("image/").upper() for kind in EXTENSIONS))


@dataclass(frozen=True, slots=True)
class Trust:
    """PEM text of anchors: whom to trust as a signer, whom as a witness of the time."""

    signers: str
    stamps: str = ""


def verify(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Pictures; - is standard input.")],
    anchors: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Roots to trust, of signers, in PEM form. Repeatable. "
            "Default: SLUICE_C2PA_ANCHORS, else root.pem in SLUICE_C2PA_CERTS: the development root.",
        ),
    ] = None,
    stamp_anchors: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Roots to trust with timestamps and with nothing else. Repeatable. "
            "Default: SLUICE_C2PA_STAMP_ANCHORS, else stamp-roots.pem in SLUICE_C2PA_CERTS, if there is one.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object per file, also on a terminal.")] = False,
) -> None:
    """Tell who signed a picture and what they said, and whether the signer is trusted.

    Nothing is fetched from a network. Each file is read by a process of its own, with little memory and time.

    Exit status: 0 every picture has credentials of a trusted signer, 1 one has not or could not be read, 2 wrong
    usage, 78 there are no roots to trust.
    """
    if files.count(STANDARD_INPUT) > 1:
        refuse("standard input can be read once only")
    trusted = True
    trust = Trust(find_anchors(anchors or (), os.environ), find_stamp_anchors(stamp_anchors or (), os.environ))
    for answer in _answers(files, trust):
        trusted = trusted and answer.trusted
        if wants_json(as_json):
            put_json(as_form(answer))
        else:
            print("\n".join(as_lines(answer)))
    if not trusted:
        raise typer.Exit(1)


def _answers(files: Sequence[str], trust: Trust) -> Iterator[Answer]:
    """In the order of the files, which are read a few at a time: no more than that many are in memory."""
    at_once = min(_AT_ONCE, os.cpu_count() or 1)
    with ThreadPoolExecutor(at_once) as pool:
        for first in range(0, len(files), at_once):
            some = files[first : first + at_once]
            yield from pool.map(lambda file: answer_for(file, trust), some)


def answer_for(file: str, trust: Trust) -> Answer:
    """What is to be said about one file."""
    try:
        return Answer(file, read_credentials(read_picture(file), trust.signers, _SECONDS, trust.stamps))
    except UnreadError as error:
        return Answer(file, unread=str(error))
    except RetryableError as error:
        return Answer(file, unread=str(error))
    except ValueError:
        return Answer(file, unread=f"it is no picture of a kind that is known here ({_KINDS})")
