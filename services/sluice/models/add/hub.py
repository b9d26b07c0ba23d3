"""A model named by its id on a hub (OWNER/NAME, or OWNER/NAME@REVISION): fetched, or told how to do it by hand.

Unlike `sluice models pull`, nobody has said beforehand which bytes these must be. What came is told by its SHA-256,
which the card keeps.
"""

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sluice.models.add.graph import MOST_BYTES
from sluice.models.add.source import CONFIG, MOST_JSON, PREPROCESSOR, USUAL
from sluice.models.add.wishes import AddError
from sluice.models.download import CHUNK, CONNECT_SECONDS

HUB = "https://huggingface.co"
Progress = Callable[[str], None]
_ID = re.compile(r"([\w-][\w.-]*/[\w-][\w.-]*)(?:@([\w-][\w.-]*))?")
_TELL_EVERY = 50_000_000


@dataclass(frozen=True, slots=True)
class Id:
    """A model on the hub. A commit as its `revision` names the same bytes for ever; a branch does not."""

    name: str
    revision: str

    def __str__(self) -> str:
        return f"{self.name}@{self.revision}"


def parse(text: str) -> Id | None:
    """The id, or None where the text is none."""
    match = _ID.fullmatch(text)
    return Id(match[1], match[2] or "main") if match else None


def fetch(wanted: Id, folder: Path, progress: Progress, hub: str = "") -> Path:
    """The folder with the model and the files beside it. Raises AddError, which says what to download by hand."""
    base = f"{hub or HUB}/{wanted.name}/resolve/{wanted.revision}"
    tried: list[str] = []
    for name in reversed(USUAL):
        trouble = _get(f"{base}/{name}", folder / "model.onnx", MOST_BYTES, progress)
        if not trouble:
            for beside in (CONFIG, PREPROCESSOR):
                _get(f"{base}/{beside}", folder / beside, MOST_JSON, progress)
            return folder
        tried.append(f"{name}: {trouble}")
    raise AddError(
        f"{wanted} cannot be fetched ({'; '.join(tried)}). Download by hand, into one folder: {base}/{USUAL[1]} (or "
        f"wherever its ONNX file lies; where it has none, export one), {base}/{CONFIG} and {base}/{PREPROCESSOR}. "
        "Then run the same command with that folder in place of the id"
    )


def _get(url: str, out: Path, most: int, progress: Progress) -> str:
    """Writes the file; returns what went wrong, or an empty text. A file that is too long or ends early is gone."""
    partial = out.with_name(f".{out.name}.partial")
    try:
        # Tests give a folder in place of the hub.
        answered = urllib.request.urlopen(url, timeout=CONNECT_SECONDS)  # noqa: S310 - the scheme is that of HUB
        with answered as answer, partial.open("wb") as file:
            received, told = 0, 0
            while chunk := answer.read(CHUNK):
                received += len(chunk)
                if received > most:
                    return f"longer than {most} bytes"
                file.write(chunk)
                if received - told >= _TELL_EVERY:
                    told = received
                    progress(f"{out.name}: {received / 1e6:.0f} MB so far")
            whole = answer.headers.get("Content-Length")
        if whole is not None and int(whole) != received:
            return f"ended after {received} of {whole} bytes"
        partial.replace(out)
    except urllib.error.HTTPError as error:
        error.close()
        return f"HTTP status {error.code}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", error) or type(error).__name__)
    finally:
        partial.unlink(missing_ok=True)
    return ""
