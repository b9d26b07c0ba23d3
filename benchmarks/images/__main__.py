"""python -m benchmarks.images: what does a picture cost, and what does the path around the models add?

Parts: `stages`, CPU time of every stage from a picture's bytes to the last check; `service`, pictures a second
through the whole image classifier against its model alone; `engines`, in-process against Triton with and without
shared memory; `decode`, one decoding against one in every check. Pictures are drawn by code. The last line is one
JSON object. CPU time says more than the clock where a machine has other work.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from threadpoolctl import threadpool_limits

from benchmarks.images import decode_once, engines, service, stages
from benchmarks.images.packs import lay_out
from benchmarks.images.report import Outcome, put_figures, show
from sluice.cli.tell import say
from sluice.settings import default_models, sluice_home

PARTS = ("stages", "service", "engines", "decode")
_WITH_TRANSFORMER = {"service", "engines"}


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.images", description=__doc__)
    made.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    made.add_argument("--rounds", type=_positive, default=5, help="after one to warm up (5)")
    made.add_argument(
        "--pictures", type=_positive, default=256, help="a round of nsfw_mobilenet; a sixteenth for ViT-B/16 (256)"
    )
    made.add_argument("--in-flight", type=_positive, default=64, help="calls at a time, part service (64)")
    made.add_argument(
        "--device",
        choices=("cpu", "cuda"),
        default="cpu",
        help="of the models in parts service and engines; Triton's stay on the CPU (cpu)",
    )
    made.add_argument(
        "--models", type=Path, default=default_models(sluice_home(os.environ)), help="the model repository"
    )
    return made


def main(arguments: Sequence[str]) -> int:
    """Measures and prints, a table as soon as its part is done."""
    wanted = parser().parse_args(arguments)
    outcomes = []
    with TemporaryDirectory(prefix="sluice-benchmark-") as scratch, threadpool_limits(1):
        models = wanted.models.absolute()
        both = Path(scratch) / "models"
        if _WITH_TRANSFORMER & set(wanted.parts):
            lay_out(models, both, say)
        works = works_of(wanted, models, both)
        for part in dict.fromkeys(wanted.parts):
            outcomes.append(works[part]())
            show(outcomes[-1])
    put_figures(outcomes)
    return 0


def works_of(wanted: argparse.Namespace, models: Path, both: Path) -> dict[str, Callable[[], Outcome]]:
    """Every part. `both`: the repository with the transformer."""
    rounds, pictures, device = wanted.rounds, wanted.pictures, wanted.device
    return {
        "stages": lambda: stages.measure(models, rounds, say),
        "service": lambda: service.measure(both, rounds, pictures, wanted.in_flight, device, say),
        "engines": lambda: engines.measure(both, rounds, pictures, device, say),
        "decode": lambda: decode_once.measure(rounds, say),
    }


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("should be 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
