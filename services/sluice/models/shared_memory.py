"""Inputs for a Triton on the same machine, without a copy through its socket.

One POSIX shared memory region of a few equal slots. The server maps it when it is told of it, and after that nobody
needs its name: it is taken away at once, so that nothing is left behind in /dev/shm whichever way a process ends.
"""

import mmap
import os
import secrets
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sluice.errors import NotReadyError

FOLDER: Final = Path("/dev/shm")  # noqa: S108 - where shm_open(3) of Linux keeps its objects; O_EXCL, mode 0600


class Region:
    """Memory that another process can map by `key`, until `forget_name()`."""

    def __init__(self, slots: int, slot_bytes: int) -> None:
        """Raises NotReadyError where there is no room for it (containers often have 64 MiB)."""
        self.name = f"sluice-{secrets.token_hex(8)}"
        self.slot_bytes = slot_bytes
        self.size = slots * slot_bytes
        self._free = list(range(slots))
        self._path = FOLDER / self.name
        descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            # Reserved now: memory that is missing later would end the process with SIGBUS.
            os.posix_fallocate(descriptor, 0, self.size)
            self._map = mmap.mmap(descriptor, self.size)
        except OSError as error:
            self.forget_name()
            raise NotReadyError(
                f"no room for {self.size >> 20} MiB in {FOLDER} ({error.strerror}): give it more, "
                "or set SLUICE_TRITON_SHARED_MEMORY=0"
            ) from error
        finally:
            os.close(descriptor)

    @property
    def key(self) -> str:
        """What shm_open(3) knows it by."""
        return f"/{self.name}"

    def forget_name(self) -> None:
        """Nobody can map it from now on; whoever has, keeps it."""
        self._path.unlink(missing_ok=True)

    def take(self) -> int | None:
        """The offset of a free slot, in bytes."""
        return self._free.pop() * self.slot_bytes if self._free else None

    def give(self, offset: int) -> None:
        """The slot is free again."""
        self._free.append(offset // self.slot_bytes)

    def put(self, offset: int, value: npt.NDArray[Any]) -> None:
        """Copies an array there, C order."""
        target = np.frombuffer(self._map, value.dtype, value.size, offset).reshape(value.shape)
        np.copyto(target, value)
