"""What an image holds, read from its file system: nothing in it is run.

Debian's packages from dpkg's record, Python's from their metadata, Rust's from the lock that the extension was built
with, models from their cards. Each becomes a `Part`; `sbom` writes them down.
"""

import email.parser
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

import yaml

ENVIRONMENT: Final = "opt/sluice/env"
_PACKAGES: Final = f"{ENVIRONMENT}/lib/python3.11/site-packages"
_CRATES: Final = f"{ENVIRONMENT}/share/sluice/Cargo.lock"
_MODELS: Final = "opt/sluice/models"
_DEBIAN: Final = "var/lib/dpkg/status"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing in an image. `kind`: library or machine-learning-model; `purl`: its package URL, or empty."""

    kind: str
    name: str
    version: str
    purl: str = ""
    licence: str = ""
    """As its publisher says it; an SPDX expression or any other words."""
    sha256: tuple[str, ...] = field(default=())


def inventory(root: Path) -> list[Part]:
    """Everything in the image whose file system lies at `root`, in a steady order."""
    found = [*_interpreter(root), *_debian(root), *_python(root), *_crates(root), *_models(root)]
    return sorted(set(found), key=lambda part: (part.purl, part.name, part.version))


def _interpreter(root: Path) -> Iterator[Part]:
    """Python, where it is not one of Debian's packages: published images of it bring their own."""
    if (root / "usr/local/bin/python3.11").is_file():
        said = (root / ENVIRONMENT / "pyvenv.cfg").read_text()
        version = re.findall(r"^version = (\S+)$", said, re.MULTILINE)[0]
        yield Part("library", "cpython", version, f"pkg:generic/cpython@{version}", "Python-2.0")


def _debian(root: Path) -> Iterator[Part]:
    said = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', (root / "etc/os-release").read_text(), re.MULTILINE))
    for text in (root / _DEBIAN).read_text().split("\n\n"):
        fields = email.parser.HeaderParser().parsestr(text)
        if (fields["Status"] or "").endswith(" installed"):
            name, version = fields["Package"], fields["Version"]
            where = f"arch={fields['Architecture']}&distro={said['ID']}-{said['VERSION_ID']}"
            yield Part("library", name, version, f"pkg:deb/debian/{name}@{quote(version, safe='')}?{where}")


def _python(root: Path) -> Iterator[Part]:
    for file in sorted((root / _PACKAGES).glob("*.dist-info/METADATA")):
        fields = email.parser.HeaderParser().parsestr(file.read_text(errors="replace"))
        name = re.sub(r"[-_.]+", "-", fields["Name"]).lower()
        purl = "" if name == "sluice" else f"pkg:pypi/{name}@{fields['Version']}"
        yield Part("library", name, fields["Version"], purl, _licence(fields))


def _licence(fields: "email.message.Message[str, str]") -> str:
    if fields["License-Expression"]:
        return str(fields["License-Expression"])
    classified = [
        line.rpartition(" :: ")[2] for line in fields.get_all("Classifier", []) if line.startswith("License ::")
    ]
    return " and ".join(one for one in classified if one != "OSI Approved") or _one_line(fields["License"] or "")


def _one_line(text: str) -> str:
    """Some put the whole text of a licence there."""
    line, _, rest = text.strip().partition("\n")
    return "" if rest or line.upper() == "UNKNOWN" else line


def _crates(root: Path) -> Iterator[Part]:
    for crate in tomllib.loads((root / _CRATES).read_text())["package"]:
        # Our own has no checksum: it is part of the package.
        if "checksum" in crate:
            purl = f"pkg:cargo/{crate['name']}@{crate['version']}"
            yield Part("library", crate["name"], crate["version"], purl, sha256=(crate["checksum"],))


def _models(root: Path) -> Iterator[Part]:
    """Those that are whole: an image may hold cards alone."""
    for file in sorted((root / _MODELS).glob("*/card.yaml")):
        card = yaml.safe_load(file.read_text())
        names = [each["name"] for each in card["files"]]
        if all((file.parent / str(card["version"]) / name).is_file() for name in names):
            digests = tuple(sorted(each["sha256"] for each in card["files"]))
            yield Part("machine-learning-model", card["name"], str(card["version"]), "", card["licence"], digests)
