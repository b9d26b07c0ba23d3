"""Pictures of places: no people in them."""

import numpy as np
from PIL import Image, ImageDraw

from sluice.hashing import Rgb
from sluice.samples.colours import ramp
from sluice.samples.noise import clouds, lattice, smooth


def landscape(height: int, width: int) -> Rgb:
    """An evening sky over four ranges of hills, the nearest darkest."""
    y = np.arange(height)[:, None]
    sky = ramp(np.broadcast_to(y / height, (height, width)), ((40, 60, 130), (240, 150, 90), (255, 220, 160)))
    out = np.array(sky)
    sun = (y - height * 0.38) ** 2 + (np.arange(width)[None, :] - width * 0.68) ** 2 < (height * 0.07) ** 2
    out[sun] = (255, 244, 214)
    for layer in range(4):
        ridge = clouds(seed=70 + layer, height=1, width=width, cell=200 >> layer, octaves=4)[0]
        line = height * (0.42 + 0.14 * layer) - ridge * height * 0.22
        shade = smooth(90 + layer, height, width, 24)[..., None] * 18
        colour = np.array([(120, 100, 130), (84, 84, 110), (52, 72, 78), (24, 46, 42)][layer]) + shade
        below = y > line[None, :]
        out[below] = colour[below].astype(np.uint8)
    return out


def skyline(height: int, width: int) -> Rgb:
    """A city at night: towers with lit windows."""
    out = ramp(
        np.broadcast_to(np.arange(height)[:, None] / height, (height, width)),
        ((8, 10, 30), (40, 30, 80), (120, 70, 90)),
    )
    picture = Image.fromarray(out)
    draw = ImageDraw.Draw(picture)
    sizes = lattice(5, 2, 64)
    left, tower = 0, 0
    while left < width:
        wide = 60 + int(sizes[0, tower] * 90)
        top = int(height * (0.25 + 0.55 * sizes[1, tower]))
        draw.rectangle((left, top, left + wide - 6, height), fill=(18 + tower * 3, 20 + tower * 2, 36 + tower * 2))
        lit = lattice(100 + tower, (height - top) // 24 + 1, wide // 18 + 1)
        for row, column in np.argwhere(lit > 0.45):
            x, y = left + 8 + int(column) * 18, top + 10 + int(row) * 24
            if x + 10 < left + wide - 8:
                draw.rectangle(
                    (x, y, x + 9, y + 13), fill=(255, 214, 120) if lit[row, column] > 0.7 else (120, 160, 190)
                )
        left, tower = left + wide, tower + 1
    return np.asarray(picture)


def cottage(height: int, width: int) -> Rgb:
    """A flat cartoon: a house, trees, hills and a sun."""
    picture = Image.new("RGB", (width, height), (150, 205, 240))
    draw = ImageDraw.Draw(picture)
    ground = height * 2 // 3
    draw.ellipse((560, 40, 660, 140), fill=(255, 220, 80))
    draw.ellipse((-200, ground - 120, 420, height + 300), fill=(120, 180, 90))
    draw.ellipse((300, ground - 70, width + 260, height + 340), fill=(90, 155, 75))
    draw.rectangle((250, 220, 470, 400), fill=(235, 200, 160), outline=(90, 60, 40), width=5)
    draw.polygon([(225, 222), (360, 110), (495, 222)], fill=(170, 60, 50), outline=(90, 60, 40))
    draw.rectangle((335, 305, 390, 400), fill=(110, 70, 45))
    for left in (272, 412):
        draw.rectangle((left, 250, left + 42, 292), fill=(190, 225, 245), outline=(90, 60, 40), width=4)
    for x, base, size in ((90, 380, 60), (170, 430, 44), (590, 420, 66), (690, 400, 50)):
        draw.rectangle((x - 8, base - size, x + 8, base), fill=(100, 70, 45))
        draw.ellipse((x - size, base - 3 * size, x + size, base - size // 2), fill=(45, 115, 60))
    for x, y in ((90, 80), (180, 50), (420, 60)):
        draw.ellipse((x, y, x + 90, y + 34), fill=(250, 250, 252))
        draw.ellipse((x + 24, y - 18, x + 74, y + 26), fill=(250, 250, 252))
    return np.asarray(picture)


def dunes(height: int, width: int) -> Rgb:
    """Ripples of sand, bent by slow noise."""
    y = np.arange(height)[:, None]
    bend = clouds(seed=42, height=height, width=width, cell=150, octaves=3) * 260
    ripple = (np.sin((y + bend) / 9) + 1) / 2
    shade = clouds(seed=43, height=height, width=width, cell=120)
    return ramp(0.55 * ripple + 0.45 * shade, ((70, 40, 20), (200, 140, 80), (250, 225, 170)))
