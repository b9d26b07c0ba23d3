"""python -m benchmarks.persons: what damage, filters and drawings do to the check "person", and what it costs.

One photograph of an adult (scikit-image's astronaut) and variants of it; pictures of things; with --drawn a folder of
drawings of yours. The curve is a model of the age network's error. It says nothing about other people and nothing was
measured on minors.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table
from skimage import data

from benchmarks.persons import curve, variants
from benchmarks.persons.curve import ADULTS, MINORS
from ingest.decoder.renditions import TILED_SIDE, tiles, whole
from person_classifier.age import ERROR_SD
from person_classifier.chain import Networks
from person_classifier.check import PersonClassifier
from person_classifier.rule import ADULT_AGE
from sluice.check import Item, Kind, Result
from sluice.models import nsfw
from sluice.models.engine import EngineSettings
from sluice.models.onnx_engine import OnnxEngine
from sluice.models.opened import open_model
from sluice.pixels import Rgb, resize
from sluice.settings import Reader, read_settings

THINGS = ("coffee", "rocket", "brick", "grass", "gravel", "coins", "moon", "page", "hubble_deep_field", "chelsea")
"""Pictures of scikit-image without a person."""
SIDES = (512, 1024, 1600)


def main(arguments: Sequence[str]) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.persons", description=__doc__)
    parser.add_argument("--drawn", type=Path, help="a folder of drawings (PNG, JPEG, WebP)")
    parser.add_argument("--other", type=Path, help="another ONNX file for face_ssd, to compare the cost with")
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args(arguments)
    asyncio.run(_run(wanted.drawn, wanted.other, wanted.rounds))
    return 0


async def _run(drawn: Path | None, other: Path | None, rounds: int) -> None:
    console = Console(width=130)
    check = await _open()
    astronaut = _picture("astronaut")
    found: dict[str, object] = {}
    for title, made in (("Damage", variants.damage()), ("Filters", variants.filters())):
        results = {name: await _judge(check, change(astronaut)) for name, change in made.items()}
        console.print(_labels(title, results))
        found[title.lower()] = {name: str(result.person) for name, result in results.items()}
    things = {name: await _judge(check, _picture(name)) for name in THINGS}
    console.print(_labels("Things", things))
    if drawn is not None:
        console.print(_drawings({name: await _judge(check, rgb) for name, rgb in drawings(drawn)}))
    console.print(_curve())
    sides = {"as shipped": check} if other is None else {"as shipped": check, other.name: await _open(other)}
    found["cpu_ms"] = {name: await _cost(one, rounds) for name, one in sides.items()}
    console.print(json.dumps(found))


async def _open(ssd: Path | None = None) -> PersonClassifier:
    env = {"KAFKA_BOOTSTRAP_SERVERS": "unused:1"}
    reader = Reader(env)
    settings = read_settings(reader, env)
    if ssd is None:
        return await PersonClassifier.open(settings, reader)
    engine = EngineSettings()
    names = ("face_ssd", "face_tiny", "face_age", nsfw.NAME)
    shipped, tiny, age, style = (open_model(settings.models, name, engine) for name in names)
    other = replace(shipped, engine=OnnxEngine.open(ssd, engine))
    return PersonClassifier(Networks(other, tiny, age), style, ADULT_AGE)


def item_of(rgb: Rgb) -> Item:
    """A picture as ingest would hand it to a check."""
    image = Image.fromarray(rgb)
    width, height = image.size
    image.thumbnail((TILED_SIDE, TILED_SIDE))
    return Item("c0", Kind.IMAGE, width=width, height=height, rendition=whole(image), tiles=tiles(image))


async def _judge(check: PersonClassifier, rgb: Rgb) -> Result:
    (result,) = await check.run([item_of(rgb)])
    return result


def _picture(name: str) -> Rgb:
    picture: Rgb = getattr(data, name)()
    return np.stack([picture] * 3, axis=2) if picture.ndim == 2 else picture


def drawings(folder: Path) -> Iterator[tuple[str, Rgb]]:
    """Every picture of a folder."""
    return ((path.name, _read(path)) for path in sorted(folder.iterdir()))


def _read(path: Path) -> Rgb:
    """On white, where it is transparent."""
    with Image.open(path) as image:
        shown = Image.new("RGBA", image.size, "white")
        shown.alpha_composite(image.convert("RGBA"))
    return np.asarray(shown.convert("RGB"))


def _labels(title: str, results: Mapping[str, Result]) -> Table:
    table = Table(title=title)
    for name in ("picture", "label", "years", "sd", "drawn", "why"):
        table.add_column(name, justify="right" if name in {"years", "sd", "drawn"} else "left")
    for name, result in results.items():
        years = (result.signals.get(key) for key in ("lowest_age", "lowest_age_sd"))
        cells = ("" if value is None else f"{value:.1f}" for value in years)
        drawn = result.signals.get("drawn", float("nan"))
        table.add_row(name, str(result.person), *cells, f"{drawn:.2f}", result.detail)
    return table


def _drawings(results: Mapping[str, Result]) -> Table:
    table = Table(title="Drawings")
    for name in ("pictures", "photoreal < 0.5", "NONE", "AGE_UNKNOWN", "CHILD", "ADULT"):
        table.add_column(name, justify="right")
    labels = [str(result.person) for result in results.values()]
    seen = sum(result.signals["photoreal"] < 0.5 for result in results.values())
    counts = (labels.count(label) for label in ("NONE", "AGE_UNKNOWN", "CHILD", "ADULT"))
    table.add_row(str(len(labels)), str(seen), *map(str, counts))
    return table


def _curve() -> Table:
    table = Table(title=f"A model: Gaussian errors, sd {ERROR_SD:.2f} years")
    table.add_column("adult from", justify="right")
    for age in MINORS:
        table.add_column(f"{age}: not adult", justify="right")
    for age in ADULTS:
        table.add_column(f"{age}: adult", justify="right")
    for least, *shares in curve.curve(ERROR_SD):
        table.add_row(f"{least:.0f}", *(f"{share:.3f}" for share in shares))
    return table


async def _cost(check: PersonClassifier, rounds: int) -> dict[str, float]:
    """CPU ms of this process a picture, the least of the rounds: of things, and with one face, by the long side."""
    found: dict[str, float] = {}
    for name in ("coffee", "astronaut"):
        for side in SIDES:
            rgb = _picture(name)
            scale = side / max(rgb.shape[:2])
            item = item_of(resize(rgb, round(rgb.shape[1] * scale), round(rgb.shape[0] * scale)))
            taken = []
            for _ in range(rounds):
                begun = time.process_time()
                await check.run([item])
                taken.append(1000 * (time.process_time() - begun))
            found[f"{name} {side}"] = round(min(taken), 1)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
