"""Building one service's image with the Dockerfile, and its bill of materials beside it."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from deploy.images.buildah import ROOT, Buildah
from deploy.images.shell import run, say
from sluice.errors import NotReadyError
from tests.deploy.tools import python_tools

IMAGE: Final = "sluice-{}"
DOCKERFILE: Final = ROOT / "deploy/Dockerfile"
_EPOCH: Final = "0"
"""Every time in the image, so that the same sources give the same image."""


@dataclass(frozen=True, slots=True)
class Built:
    """An image. `digest`: of its manifest here, where layers are not compressed; `size`: bytes, unpacked; `parts`: in
    its bill of materials, which is `sbom`; `archive`: what it weighs, compressed, where it was asked for."""

    image: str
    id: str
    digest: str
    size: int
    layers: int
    seconds: float
    sbom: str
    parts: int
    archive: int | None

    def as_json(self) -> dict[str, object]:
        """For the result's object."""
        return asdict(self)


def build_image(buildah: Buildah, service: str, on: Mapping[str, str], models: str, archive: bool) -> Built:
    """Builds it from this checkout. `on`: the Dockerfile's BASE, BUILD and RUST. Raises NotReadyError."""
    name = IMAGE.format(service)
    began = time.monotonic()
    say(f"{name}: building")
    arguments = {**on, "SERVICE": service, "MODELS": models, "VERSION": version("sluice"), "REVISION": revision()}
    buildah.build(name, DOCKERFILE, ROOT, arguments, ["--target", "cpu", "--timestamp", _EPOCH])
    seconds = round(time.monotonic() - began, 1)
    said = buildah.inspect(name)
    if f"SLUICE_SERVICE={service}" not in said["OCIv1"]["config"]["Env"]:
        raise NotReadyError(f"{name} was built as another service: remove {buildah.work / 'store'}")
    bill = buildah.work / f"{service}.cdx.json"
    container, root = buildah.mount(name)
    try:
        size = sum(file.lstat().st_size for file in root.rglob("*") if not file.is_dir() or file.is_symlink())
        parts = _bill(root, name, bill)
    finally:
        buildah.remove(container)
    weight = _archive(buildah, name) if archive else None
    layers = len(said["OCIv1"]["rootfs"]["diff_ids"])
    return Built(name, said["FromImageID"], said["FromImageDigest"], size, layers, seconds, str(bill), parts, weight)


def _bill(root: Path, name: str, out: Path) -> int:
    """Writes the bill of materials; returns how many parts it has."""
    tool = [sys.executable, "-m", "deploy.images.sbom", "--image", name, "--version", version("sluice")]
    # The tool's packages are none of this environment's.
    paths = os.pathsep.join((str(ROOT), str(python_tools())))
    return int(run([*tool, "--out", str(out), str(root)], env={**os.environ, "PYTHONPATH": paths}))


def _archive(buildah: Buildah, name: str) -> int:
    """Writes an OCI archive, which any registry's client can push; returns its bytes."""
    out = buildah.work / f"{name}.oci.tar"
    out.unlink(missing_ok=True)
    buildah.call("push", name, f"oci-archive:{out}:{version('sluice')}")
    return out.stat().st_size


def revision() -> str:
    """The commit of the checkout; `unknown` where it is none."""
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
