"""Opinions as a table in Markdown."""

from collections.abc import Sequence

from sluice.media import EXTENSIONS
from tests.tamper.kinds import KINDS
from tests.tamper.matrix import UNKNOWN, WHOLE
from tests.tamper.readers import SLUICE, TS, WASM, Opinions

_READERS = (SLUICE, WASM, TS)


def table(found: Opinions) -> Sequence[str]:
    """A row for each kind of falsification, for all formats together; a cell tells what a reader named."""
    lines = ["| | " + " | ".join(f"`{reader}`" for reader in _READERS) + " |", "|---|" + "---|" * len(_READERS)]
    lines += [
        f"| {kind} | " + " | ".join(_cell(found, kind, reader) for reader in _READERS) + " |" for kind in rows()
    ]
    return lines


def rows() -> Sequence[str]:
    """Names of the rows."""
    return (WHOLE, *KINDS, UNKNOWN)


def _cell(found: Opinions, kind: str, reader: str) -> str:
    said = [
        found[reader, name] for name in map(f"{kind}.{{}}".format, EXTENSIONS.values()) if (reader, name) in found
    ]
    good = sum(each.good for each in said)
    if good:
        return "good" if good == len(said) else f"good, {good} of {len(said)}"
    return ", ".join(f"`{code}`" for code in dict.fromkeys(code for each in said for code in each.codes))
