"""One run of the bias tables."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from evaluation.bias import bias_json, bias_rows, bias_tables, read_samples
from evaluation.files import FileError, read_rows
from evaluation.report import bad_lines
from evaluation.table import Document
from evaluation.write import make_folder, put
from sluice.cli.tell import USAGE, say


def read_classes(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """attribute=value,value -> the values that it may have. FileError for what is not of that form."""
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        name, _, values = word.lower().partition("=")
        listed = tuple(dict.fromkeys(value.strip() for value in values.split(",") if value.strip()))
        if not name.strip() or len(listed) < 2:
            raise FileError(f"--classes {word}: it should be like gender=female,male, with two values at least")
        found[name.strip()] = listed
    return found


def run_bias(files: Sequence[Path], classes: Mapping[str, tuple[str, ...]], as_json: bool, out: Path | None) -> int:
    """0 where every row was read, 1 otherwise, 2 where there is none. FileError for a file that cannot be read."""
    make_folder(out)
    found = read_samples((row for path in files for row in read_rows(path)), classes)
    for line in bad_lines(found.bad):
        say(line)
    rows = bias_rows(found, classes)
    if not rows:
        say(f"no outputs in {', '.join(map(str, files))}")
        return USAGE
    names = [path.name for path in files]
    form: dict[str, object] = {
        "format": 1,
        "kind": "bias",
        "files": names,
        "bias": bias_json(rows),
        "unreadable": [{"where": one.where, "why": one.why} for one in found.bad],
    }
    facts = [("files", ", ".join(names)), ("unreadable rows", str(len(found.bad)))]
    put(Document("Bias", facts, bias_tables(rows)), form, as_json, out)
    return 1 if found.bad else 0
