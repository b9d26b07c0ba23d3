"""A container of an image, run by crun from a bundle."""

import json
import os
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from deploy.images.buildah import Buildah
from deploy.images.bundle import USER, write_bundle
from sluice.errors import NotReadyError
from sluice.local.process import Process

_STOP_SECONDS = 60.0
_HYBRID: Final = Path("/sys/fs/cgroup/unified")
# crun does not run where both generations of control groups are mounted. It is asked to use none, so it gets a mount
# namespace in which there is only the second.
_ALONE: Final = (
    'mount --make-rprivate / && umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec "$@"'
)


def crun(state: Path) -> list[str]:
    """The command line that a container is handled with. `state`: where crun keeps what it knows."""
    command = ["crun", "--root", str(state), "--cgroup-manager", "disabled"]
    return ["unshare", "--mount", "sh", "-c", _ALONE, "crun", *command] if _HYBRID.is_dir() else command


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An image's file system, as a container of buildah's, and its configuration."""

    buildah: Buildah
    container: str
    root: Path
    config: Mapping[str, object]

    @classmethod
    def of(cls, buildah: Buildah, image: str) -> Self:
        """Unpacks an image. `remove` it."""
        container, root = buildah.mount(image)
        return cls(buildah, container, root, buildah.inspect(image)["OCIv1"]["config"])

    def remove(self) -> None:
        """Removes the file system."""
        self.buildah.remove(self.container)


@dataclass(frozen=True, slots=True)
class Container:
    """A running container."""

    process: Process
    name: str
    state: Path

    @classmethod
    def start(
        cls, image: Unpacked, name: str, work: Path, home: Path, arguments: Sequence[str], env: Mapping[str, str]
    ) -> Self:
        """Starts one, on the main thread (see `Process`). `work`: of bundles and logs; `home`: SLUICE_HOME."""
        bundle, state = work / "bundles" / name, work / "crun"
        write_bundle(bundle, image.root, image.config, arguments, env, home)
        state.mkdir(exist_ok=True)
        known = f"{name}-{uuid.uuid4().hex[:8]}"
        command = [*crun(state), "run", "--bundle", str(bundle), known]
        process = Process.start(name, command, os.environ, work / "logs" / f"{name}.log")
        return cls(process, known, state)

    def finish(self, seconds: float) -> str:
        """What a container that ends by itself has said. Raises NotReadyError where it does not end, or not well."""
        if not self.process.wait(seconds):
            self.stop()
            raise NotReadyError(f"{self.name} did not end within {seconds:.0f} s: {self.process.last_words()}")
        if self.process.exit_code():
            raise NotReadyError(f"{self.name} {self.process.how_it_ended()}")
        return self.process.log.read_text(errors="replace")

    def stop(self) -> int | None:
        """Stops it as a cluster does, and returns its exit status; None where it had to be killed."""
        self.process.terminate()
        if self.process.wait(_STOP_SECONDS):
            return self.process.exit_code()
        self.kill()
        return None

    def kill(self) -> None:
        """Ends whatever is left of it. crun's own end would not end what runs in the container."""
        command = [*crun(self.state), "delete", "--force", self.name]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.process.kill()


def make_home(folder: Path) -> Path:
    """A folder that the container's user may write."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chown(folder, USER, USER)
    return folder


def first_process(state: Path, name: str) -> int:
    """The process id of a container's first process, outside it."""
    found: dict[str, int] = json.loads((state / name / "status").read_text())
    return found["pid"]
