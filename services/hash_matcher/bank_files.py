"""Banks in files: a folder with `bank.yaml` and `entries.csv`. Everything wrong is named, with file and line.

name: partner-2026            # small letters, digits, hyphens
kind: csam
test: false
source: who gave it to us, and when
terms: what it may be used for
threshold: 31                 # optional: PDQ distance in bits

id,pdq,quality,md5,sha1,sha256
0001,<64 hex>,97,,,
0002,,,<32 hex>,<40 hex>,<64 hex>
"""

from pathlib import Path

from hash_matcher.bank_about import read_about
from hash_matcher.bank_entries import read_entries
from hash_matcher.banks import Bank
from sluice.errors import ConfigError
from sluice.hashing import PDQ_THRESHOLD


def load_banks(root: Path) -> tuple[Bank, ...]:
    """Every bank under `root`, by name; none where the folder does not exist.

    Raises ConfigError with the problems of all of them: a bank that is half right is not loaded by halves.
    """
    if not root.is_dir():
        return ()
    banks: dict[str, Bank] = {}
    problems: list[str] = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")):
        try:
            bank = load_bank(folder)
        except ConfigError as error:
            problems.extend(error.problems)
            continue
        if bank.name in banks:
            problems.append(f"{folder / 'bank.yaml'}:1: another bank is called {bank.name} too")
        banks[bank.name] = bank
    if problems:
        raise ConfigError(problems)
    return tuple(banks[name] for name in sorted(banks))


def load_bank(folder: Path) -> Bank:
    """Reads one bank. Raises ConfigError, one problem a line: `file:line: what is wrong`."""
    problems: list[str] = []
    about_path, entries_path = folder / "bank.yaml", folder / "entries.csv"
    about_text, entries_text = _read(about_path, problems), _read(entries_path, problems)
    about = read_about(about_path, about_text, problems) if about_text is not None else {}
    entries = read_entries(entries_path, entries_text, problems) if entries_text is not None else ()
    if problems:
        raise ConfigError(problems)
    return Bank(
        name=about["name"],
        kind=about["kind"],
        test=about["test"] == "true",
        source=about["source"],
        terms=about["terms"],
        threshold=int(about.get("threshold", PDQ_THRESHOLD)),
        entries=tuple(entries),
    )


def _read(path: Path, problems: list[str]) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        problems.append(f"{path}:1: not UTF-8")
    except OSError as error:
        problems.append(f"{path}:1: {error.strerror}")
    return None
