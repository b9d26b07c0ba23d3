"""What three readers of C2PA say of many files: ours, and two that are not. Each is started once."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

SLUICE, WASM, TS = "sluice", "c2pa-wasm", "c2pa-ts"
VERIFIERS = Path(__file__).parents[1] / "verifiers"


@dataclass(frozen=True, slots=True)
class Opinion:
    """`good`: nothing is wrong; for sluice and c2pa-wasm also: the signer is trusted. `codes`: what is wrong."""

    good: bool
    codes: tuple[str, ...]


Opinions = Mapping[tuple[str, str], Opinion]
"""(reader, name of the file) -> opinion. c2pa-ts has none about formats that it does not read."""


def opinions(folder: Path, root: bytes, pictures: Mapping[str, bytes]) -> Opinions:
    """Writes the pictures into `folder` and asks everybody, with `root` as the only trust anchor."""
    folder.mkdir(parents=True, exist_ok=True)
    anchors = folder / "root.pem"
    anchors.write_bytes(root)
    for name, data in pictures.items():
        (folder / name).write_bytes(data)
    files = [str(folder / name) for name in pictures]
    return {**_ours(anchors, files), **_others(anchors, files)}


def _ours(anchors: Path, files: Iterable[str]) -> Opinions:
    command = [sys.executable, "-m", "sluice.cli.main", "provenance", "verify", "--json", "--anchors", str(anchors)]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False, timeout=240)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode not in (0, 1) or (done.returncode == 0) != all(each["trusted"] for each in answers):
        raise AssertionError(f"exit status {done.returncode}: {done.stderr}")
    return {
        (SLUICE, Path(each["file"]).name): Opinion(
            each["trusted"], tuple(failure["code"] for failure in each.get("failures", ())) or (each["state"],)
        )
        for each in answers
    }


def _others(anchors: Path, files: Iterable[str]) -> Opinions:
    command = ["node", str(VERIFIERS / "verify.mjs"), str(anchors), *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    if done.returncode != 0:
        raise AssertionError(f"{done.stderr}\n`npm ci --prefix tests/verifiers` installs the verifiers")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {(each["reader"], each["file"]): Opinion(each["good"], tuple(each["codes"])) for each in answers}
