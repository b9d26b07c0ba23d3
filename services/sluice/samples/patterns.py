"""Pictures of nothing: waves, a fractal, stones, flat shapes."""

import numpy as np
from PIL import Image, ImageDraw

from sluice.hashing import Rgb
from sluice.samples.colours import ramp
from sluice.samples.noise import lattice


def plasma(height: int, width: int) -> Rgb:
    """Waves of several directions over each other."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    waves = (
        np.sin(x / 33)
        + np.sin(y / 21)
        + np.sin((x + y) / 47)
        + np.sin(np.hypot(x - width * 0.3, y - height * 0.6) / 17)
    )
    return ramp((waves + 4) / 8, ((20, 0, 70), (200, 30, 110), (255, 190, 60), (250, 255, 230), (40, 140, 190)))


def julia(height: int, width: int) -> Rgb:
    """A Julia set, by how soon each point leaves (48 rounds)."""
    y, x = np.mgrid[:height, :width]
    real, imaginary = (x / width - 0.5) * 3.2, (y / height - 0.5) * 2.4
    rounds = np.zeros((height, width))
    for _ in range(48):
        near = real * real + imaginary * imaginary <= 4.0
        rounds += near
        following = real * real - imaginary * imaginary - 0.8
        imaginary = np.where(near, 2 * real * imaginary + 0.156, imaginary)
        real = np.where(near, following, real)
    return ramp(np.sqrt(rounds / 48), ((8, 8, 30), (30, 90, 150), (230, 240, 220), (220, 120, 30), (60, 10, 20)))


def mosaic(height: int, width: int) -> Rgb:
    """Coloured stones: every pixel takes the colour of the nearest of 90 points."""
    seeds = lattice(11, 90, 5)
    y, x = np.mgrid[:height, :width]
    best = np.full((height, width), np.inf)
    second = np.full((height, width), np.inf)
    nearest = np.zeros((height, width), dtype=np.int64)
    for number, (down, across) in enumerate(seeds[:, :2]):
        distance = (y - down * height) ** 2 + (x - across * width) ** 2
        closer = distance < best
        second = np.where(closer, best, np.minimum(second, distance))
        best, nearest = np.where(closer, distance, best), np.where(closer, number, nearest)
    out = (60 + seeds[:, 2:] * 190).astype(np.uint8)[nearest]
    out[np.sqrt(second) - np.sqrt(best) < 4.0] = (40, 36, 34)
    return out


def shapes(height: int, width: int) -> Rgb:
    """Thirty flat circles, boxes and triangles on paper."""
    picture = Image.new("RGB", (width, height), (244, 240, 230))
    draw = ImageDraw.Draw(picture)
    for number, row in enumerate(lattice(23, 30, 6)):
        x, y, size = int(row[0] * width), int(row[1] * height), 30 + int(row[2] * 80)
        red, green, blue = (40 + int(part * 200) for part in row[3:])
        fill, edge = (red, green, blue), (30, 30, 40)
        box = (x - size, y - size, x + size, y + size)
        if number % 3 == 0:
            draw.ellipse(box, fill=fill, outline=edge, width=4)
        elif number % 3 == 1:
            draw.rectangle(box, fill=fill, outline=edge, width=4)
        else:
            draw.polygon([(x, y - size), (x - size, y + size), (x + size, y + size)], fill=fill, outline=edge)
    return np.asarray(picture)
