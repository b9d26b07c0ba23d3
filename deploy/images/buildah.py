"""Buildah with a store of our own: no daemon, no registry, and nothing of the machine's other images is touched."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from deploy.images.shell import run
from sluice.errors import NotReadyError

ROOT: Final = Path(__file__).parents[2]
_DRIVERS: Final = ("overlay", "vfs")
"""The first that works here. The second copies a whole file system for every step: slow, and 50 GB of disk."""
_ISOLATION = ("--isolation", "chroot", "--network", "host")


class Buildah:
    """One store. `work`: the folder that holds it, and the log of what buildah says."""

    def __init__(self, work: Path) -> None:
        """Raises NotReadyError where buildah cannot make a store there."""
        self.work = work
        self.log = work / "buildah.log"
        store = ["buildah", "--root", str(work / "store"), "--runroot", str(work / "run"), "--storage-driver"]
        for driver in _DRIVERS:
            self._command = [*store, driver]
            if driver == _DRIVERS[-1] or self._works():
                break

    def _works(self) -> bool:
        try:
            self.call("info")
        except NotReadyError:
            return False
        return True

    def call(self, *arguments: str) -> str:
        """What buildah prints. Raises NotReadyError."""
        return run([*self._command, *arguments], self.log).strip()

    def build(
        self,
        name: str,
        dockerfile: Path,
        context: Path,
        arguments: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        """Builds an image. Steps that have been done are not done again."""
        args = [word for key, value in (arguments or {}).items() for word in ("--build-arg", f"{key}={value}")]
        self.call(
            "bud", *_ISOLATION, "--layers", *options, *args, "--tag", name, "--file", str(dockerfile), str(context)
        )

    def has(self, name: str) -> bool:
        """Whether there is an image of this name."""
        return any(f"localhost/{name}:latest" in (found.get("names") or []) for found in self.images())

    def images(self) -> list[dict[str, Any]]:
        """Every image of the store, as buildah tells of it."""
        found: list[dict[str, Any]] = json.loads(self.call("images", "--json") or "[]")
        return found

    def inspect(self, name: str) -> dict[str, Any]:
        """What buildah knows of an image."""
        found: dict[str, Any] = json.loads(self.call("inspect", "--type", "image", name))
        return found

    def mount(self, name: str) -> tuple[str, Path]:
        """A container of the image: its name, and where its file system lies. `remove` it."""
        container = self.call("from", "--pull-never", name)
        return container, Path(self.call("mount", container))

    def remove(self, container: str) -> None:
        """Removes a container."""
        self.call("rm", container)
