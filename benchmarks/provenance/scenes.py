"""Pictures as a generator makes them: a prompt sets the composition and the palette, a seed the details.

Nothing of it is a model's. What matters here is what two pictures of one prompt have in common: where things are and
how light and dark they are, and so nearly the fingerprint; and what they have not: outlines, textures, small things.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from sluice.hashing import Rgb
from sluice.samples.noise import Field, clouds

SIDE = 1024


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of the composition. Place and size in shares of the side; `corners`: 0 is round."""

    x: float
    y: float
    wide: float
    high: float
    corners: int
    turn: float
    colour: tuple[float, float, float]
    rough: float


@dataclass(frozen=True, slots=True)
class Prompt:
    """A composition: two colours of the ground, and things from the back to the front."""

    number: int
    upper: tuple[float, float, float]
    lower: tuple[float, float, float]
    horizon: float
    things: tuple[Thing, ...]


def prompt(number: int) -> Prompt:
    """The same for the same number."""
    source = np.random.default_rng([number, 1])

    def colour() -> tuple[float, float, float]:
        red, green, blue = source.uniform(20, 235, 3)
        return red, green, blue

    def thing(at: int) -> Thing:
        large = 0.34 / (1 + 0.25 * at)
        return Thing(
            x=float(source.uniform(0.08, 0.92)),
            y=float(source.uniform(0.08, 0.92)),
            wide=float(source.uniform(0.4 * large, large)),
            high=float(source.uniform(0.4 * large, large)),
            corners=int(source.choice([0, 0, 3, 4, 6])),
            turn=float(source.uniform(0, 2 * np.pi)),
            colour=colour(),
            rough=float(source.uniform(0.02, 0.12)),
        )

    things = tuple(thing(at) for at in range(int(source.integers(9, 16))))
    return Prompt(number, colour(), colour(), float(source.uniform(0.3, 0.7)), things)


def picture(asked: Prompt, seed: int, loose: float) -> Rgb:
    """One answer to the prompt, 1024 x 1024. `loose`: how much the seed decides. 1: things move by one per cent of
    the side, and every outline, texture and small thing is another; 0.1: a tenth of all that."""
    source = np.random.default_rng([asked.number, seed, 2])
    common = np.random.default_rng([asked.number, 3])
    image = Image.fromarray(_ground(asked, seed, loose))
    draw = ImageDraw.Draw(image)
    for thing in asked.things:
        outline = (1 - loose) * _outline(thing, common) + loose * _outline(thing, source)
        moved = outline + source.normal(0, 0.01 * SIDE * loose, 2)
        draw.polygon([tuple(point) for point in moved.tolist()], fill=_colour(thing.colour, source.normal(0, 6, 3)))
    for _ in range(220):
        own = np.random.default_rng([int(common.integers(1 << 30)), seed]) if source.random() < loose else None
        _mark(draw, asked, np.random.default_rng(int(common.integers(1 << 30))) if own is None else own)
    texture = (1 - loose) * _texture(asked, 0) + loose * _texture(asked, seed)
    shade = clouds(asked.number, SIDE, SIDE, 400, 2) - 0.5
    values = np.asarray(image, np.float64) + 55 * texture[..., None] + 60 * shade[..., None]
    out: Rgb = values.clip(0, 255).astype(np.uint8)
    return out


def _texture(asked: Prompt, seed: int) -> Field:
    return clouds(asked.number * 7919 + seed * 101 + 5, SIDE, SIDE, 48, 5) - 0.5


def _mark(draw: ImageDraw.ImageDraw, asked: Prompt, source: np.random.Generator) -> None:
    """A small thing: a spot near a thing, or a stroke anywhere."""
    thing = asked.things[int(source.integers(len(asked.things)))]
    if source.random() < 0.3:
        x, y = source.uniform(0, SIDE, 2)
        dx, dy = source.normal(0, 45, 2)
        draw.line((x, y, x + dx, y + dy), fill=_colour(asked.lower, source.normal(0, 50, 3)), width=3)
        return
    x, y = SIDE * (np.array([thing.x, thing.y]) + source.normal(0, 0.3, 2) * [thing.wide, thing.high])
    size = float(source.uniform(2, 14))
    colour = _colour(thing.colour, source.normal(0, 55, 3))
    draw.ellipse((x - size, y - size * 0.7, x + size, y + size * 0.7), fill=colour)


def _ground(asked: Prompt, seed: int, loose: float) -> Rgb:
    rows = np.linspace(0, 1, SIDE)
    share = 1 / (1 + np.exp(-(rows - asked.horizon) * 18))[:, None, None]
    drift = 0.15 * loose * (clouds(asked.number * 31 + seed, SIDE, SIDE, 128, 3) - 0.5)[..., None]
    blend = (share + drift).clip(0, 1)
    values = np.array(asked.upper) * (1 - blend) + np.array(asked.lower) * blend
    out: Rgb = values.clip(0, 255).astype(np.uint8)
    return out


def _outline(thing: Thing, source: np.random.Generator) -> Field:
    """Shape (48, 2): x and y in pixels."""
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = np.ones_like(angles)
    if thing.corners:
        step = 2 * np.pi / thing.corners
        radius = np.cos(step / 2) / np.cos(angles % step - step / 2)
    waves = [source.normal(0, 1) * np.sin(k * angles + source.uniform(0, 6.3)) / k for k in range(2, 9)]
    radius = radius * (1 + thing.rough * np.sum(waves, axis=0))
    across = thing.x + thing.wide * radius * np.cos(angles + thing.turn)
    down = thing.y + thing.high * radius * np.sin(angles + thing.turn)
    return SIDE * np.stack([across, down], axis=1)


def _colour(base: tuple[float, float, float], change: Field) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in (np.array(base) + change).clip(0, 255))
    return red, green, blue
