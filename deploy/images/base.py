"""What published images would be fetched for, made here out of Debian's packages: a base, and what builds on it.

`sluice-base`: Debian 12 with its own Python 3.11. `sluice-build`: the same with pip. `sluice-rust`: a linker and this
machine's Rust. They stand for the Dockerfile's BASE, BUILD and RUST.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.images.buildah import Buildah
from deploy.images.shell import run, say
from sluice.errors import NotReadyError

BASE: Final = "sluice-base"
BUILD: Final = "sluice-build"
RUST: Final = "sluice-rust"
SUITE: Final = "bookworm"
"""Debian 12, whose Python is 3.11."""
_CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_APT: Final = "apt-get update -qq && apt-get install -qq --yes --no-install-recommends"


def bases(buildah: Buildah) -> Mapping[str, str]:
    """Build arguments that name the three images, which are made where they are not there yet. NotReadyError."""
    work = buildah.work / "bases"
    work.mkdir(parents=True, exist_ok=True)
    if not buildah.has(BASE):
        archive = work / "base.tar"
        say(f"unpacking Debian {SUITE} with its Python")
        packages = "--include=python3,ca-certificates"
        run(["mmdebstrap", "--quiet", "--variant=minbase", packages, SUITE, str(archive)])
        _image(buildah, BASE, work, "FROM scratch\nADD base.tar /\n")
        archive.unlink()
    if not buildah.has(BUILD):
        say("adding pip")
        shutil.copyfile(_CERTIFICATES, work / "certificates.crt")
        _image(
            buildah,
            BUILD,
            work,
            f"FROM localhost/{BASE}\n"
            f"RUN {_APT} python3-pip python3-venv && rm -rf /var/lib/apt/lists\n"
            # What this machine trusts, for packages are fetched through what it is behind. Only builds see it.
            "COPY certificates.crt /etc/ssl/certs/ca-certificates.crt\n"
            f"ENV PIP_CERT={_CERTIFICATES} PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore\n",
        )
    if not buildah.has(RUST):
        say("adding a linker and this machine's Rust")
        toolchain = work / "rust"
        shutil.rmtree(toolchain, ignore_errors=True)
        _copy_rust(toolchain)
        _image(
            buildah,
            RUST,
            work,
            f"FROM localhost/{BASE}\n"
            f"RUN {_APT} gcc libc6-dev && rm -rf /var/lib/apt/lists\n"
            "COPY certificates.crt /etc/ssl/certs/ca-certificates.crt\n"
            "COPY rust /usr/local/rust\n"
            f"ENV PATH=/usr/local/rust/bin:/usr/bin:/bin CARGO_HTTP_CAINFO={_CERTIFICATES}\n",
        )
        shutil.rmtree(toolchain)
    return {"BASE": f"localhost/{BASE}", "BUILD": f"localhost/{BUILD}", "RUST": f"localhost/{RUST}"}


def _image(buildah: Buildah, name: str, work: Path, text: str) -> None:
    file = work / f"Dockerfile.{name}"
    file.write_text(text)
    buildah.build(name, file, work)


def _copy_rust(target: Path) -> None:
    """The compiler, cargo and the library of this machine's own architecture; no documentation."""
    if shutil.which("rustc") is None:
        raise NotReadyError("the extension is compiled with Rust, and there is no rustc: install Rust 1.89 or later")
    sysroot = Path(run(["rustc", "--print", "sysroot"]).strip())
    for part in ("bin", "lib"):
        shutil.copytree(sysroot / part, target / part, symlinks=True)
    for unwanted in ("rust-analyzer", "rust-gdb", "rust-lldb", "rustdoc", "clippy-driver", "cargo-clippy"):
        (target / "bin" / unwanted).unlink(missing_ok=True)


def who_can_build() -> None:
    """Raises NotReadyError where a chroot cannot be entered."""
    if os.geteuid() != 0:
        raise NotReadyError("images are built in a chroot, which takes root: run this as root, or build with Docker")
