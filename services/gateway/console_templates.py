"""Pages out of templates. All that is put into one is escaped."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.console_live import row_form
from sluice.moments import exactly, when

FOLDER: Final = Path(__file__).parent
STATIC: Final[Mapping[str, str]] = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""Files that pages name, and what they are."""


class Templates:
    """Reads all files once."""

    def __init__(self) -> None:
        self.files = {name: (FOLDER / "static" / name).read_bytes() for name in STATIC}
        found = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        found.filters |= {"when": when, "exactly": exactly, "ticked": ticked, "row": row_form}
        found.globals["static"] = self._address
        self._environment = found

    def page(self, name: str, **values: Any) -> str:
        """A whole page."""
        return self._environment.get_template(name).render(**values)

    def tag(self, name: str) -> str:
        """What tells versions of a file apart."""
        return hashlib.sha256(self.files[name]).hexdigest()[:16]

    def _address(self, name: str) -> str:
        return f"/console/static/{name}?v={self.tag(name)}"


def ticked(text: str) -> list[tuple[str, bool]]:
    """A sentence in pieces: those that stood between backticks are True."""
    return [(piece, at % 2 == 1) for at, piece in enumerate(text.split("`")) if piece]
