"""What the kernel says of a container's process: its user, its rights, and what it may write."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.images.bundle import HOME, TEMPORARY, USER

_OURS: Final = frozenset({TEMPORARY, HOME, "/dev"})
_KERNEL: Final = ("/proc",)


@dataclass(frozen=True, slots=True)
class Confinement:
    """`writable`: mount points that are not read-only, beside the kernel's own; `capabilities`: of every set."""

    uid: int
    gid: int
    root_read_only: bool
    writable: tuple[str, ...]
    capabilities: int
    no_new_privileges: bool

    def problems(self) -> list[str]:
        """What is not as a "restricted" pod is."""
        return [
            *(["it is not user 10001"] if (self.uid, self.gid) != (USER, USER) else []),
            *(["its root can be written"] if not self.root_read_only else []),
            *([f"{where} can be written" for where in self.writable if where not in _OURS]),
            *(["it has capabilities"] if self.capabilities else []),
            *(["it may gain privileges"] if not self.no_new_privileges else []),
        ]


def confinement_of(pid: int, proc: Path = Path("/proc")) -> Confinement:
    """Read from /proc of the machine. `pid`: as the machine numbers it."""
    status = (proc / str(pid) / "status").read_text()
    mounts = [line.split() for line in (proc / str(pid) / "mountinfo").read_text().splitlines()]
    # Later lines lie over earlier ones at the same place.
    options = {words[4]: words[5].split(",") for words in mounts}
    sets = re.findall(r"^Cap(?:Inh|Prm|Eff|Bnd|Amb):\s+([0-9a-f]+)$", status, re.MULTILINE)
    return Confinement(
        uid=_effective("Uid", status),
        gid=_effective("Gid", status),
        root_read_only="ro" in options["/"],
        writable=tuple(sorted(at for at, said in options.items() if "ro" not in said and not at.startswith(_KERNEL))),
        capabilities=max(int(one, 16) for one in sets),
        no_new_privileges=bool(re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)),
    )


def _effective(field: str, status: str) -> int:
    (found,) = re.findall(rf"^{field}:\s+\d+\s+(\d+)", status, re.MULTILINE)
    return int(found)
