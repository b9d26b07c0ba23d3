"""Builds images, runs them, and prints what came of it as one JSON object.

python -m deploy.images [SERVICE...]        all services where none is named; whom one asks comes with it

Needs root (a build enters a chroot), buildah, crun and mmdebstrap from Debian, Rust 1.89, the package registries of
Debian, Python and Rust, 20 GB of disk, and about ten minutes. Progress goes to standard error. Exit status 0: every
image was built, its service answered SERVING as user 10001 on a read-only root without any rights, and ended with
status 0 on SIGTERM.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.images.base import bases, who_can_build
from deploy.images.buildah import ROOT, Buildah
from deploy.images.builds import IMAGE, build_image
from deploy.images.shell import ensure_programs, say
from deploy.images.trial import try_images
from sluice.errors import SluiceError
from sluice.local.entry_points import service_names, with_asked
from sluice.local.interrupts import interruptible


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the process's exit status."""
    known = service_names()
    parser = argparse.ArgumentParser(prog="python -m deploy.images", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("services", nargs="*", metavar="SERVICE", help=f"of {', '.join(known)}; all by default")
    parser.add_argument(
        "--work", type=Path, default=ROOT / "out/images", help="images and logs; out/images by default"
    )
    parser.add_argument(
        "--models", choices=("all", "none"), default="all", help="weights in the image, or cards alone"
    )
    parser.add_argument("--install", action="store_true", help="install what is missing of buildah, crun, mmdebstrap")
    parser.add_argument("--archive", action="store_true", help="also write each image as an OCI archive")
    parser.add_argument("--no-run", action="store_true", help="build, and do not run")
    given = parser.parse_args(arguments)
    if unknown := sorted(set(given.services) - set(known)):
        parser.error(f"no service is called {unknown[0]}; there are: {', '.join(known)}")
    chosen = with_asked(given.services) or known
    try:
        ensure_programs(given.install)
        who_can_build()
        given.work.mkdir(parents=True, exist_ok=True)
        buildah = Buildah(given.work.absolute())
        on = bases(buildah)
        built = {name: build_image(buildah, name, on, given.models, given.archive) for name in chosen}
        found: dict[str, object] = {"images": {name: one.as_json() for name, one in built.items()}}
        well = True
        if not given.no_run:
            with interruptible():
                trial = try_images(buildah, {name: IMAGE.format(name) for name in chosen}, os.environ)
            found |= trial.as_json()
            well = trial.well
    except SluiceError as error:
        say(str(error))
        return 1
    sys.stdout.write(json.dumps(found) + "\n")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
