"""The runtime bundle of a container: what a cluster's "restricted" pod is given, as crun reads it.

The root file system is read-only. `/tmp` is memory; SLUICE_HOME is a folder of the machine's. There is no right at
all, none can be gained, and the process is user 10001. The network is the machine's own, with its broker on loopback.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

USER: Final = 10001
HOME: Final = "/var/lib/sluice"
TEMPORARY: Final = "/tmp"  # noqa: S108 - inside the container, where it is memory of its own
_SAFE: Final = ["nosuid", "nodev", "noexec"]


def write_bundle(
    folder: Path, root: Path, image: Mapping[str, Any], arguments: Sequence[str], env: Mapping[str, str], home: Path
) -> None:
    """Writes config.json into `folder`. `image`: the image's own configuration (entry point, command, variables);
    `arguments`: in place of its command, none for its own; `env`: over its variables; `home`: mounted at HOME."""
    command = [*(image.get("Entrypoint") or []), *(arguments or image.get("Cmd") or [])]
    given = dict(one.split("=", 1) for one in image.get("Env") or [])
    config = {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": USER, "gid": USER},
            "args": command,
            "env": [f"{name}={value}" for name, value in {**given, **env}.items()],
            "cwd": image.get("WorkingDir") or "/",
            "capabilities": {each: [] for each in ("bounding", "effective", "permitted", "inheritable", "ambient")},
            "noNewPrivileges": True,
        },
        "root": {"path": str(root), "readonly": True},
        "hostname": "sluice",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": _SAFE},
            _memory("/dev", "755", ["nosuid", "strictatime"], "64k"),
            _memory(TEMPORARY, "1777", ["nosuid", "nodev"], "256m"),
            {"destination": HOME, "type": "bind", "source": str(home), "options": ["bind", "nosuid", "nodev", "rw"]},
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("mount", "pid", "ipc", "uts")],
            "readonlyPaths": ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus"],
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list"],
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1))


def _memory(target: str, mode: str, options: Sequence[str], size: str) -> dict[str, object]:
    return {
        "destination": target,
        "type": "tmpfs",
        "source": "tmpfs",
        "options": [*options, f"mode={mode}", f"size={size}"],
    }
