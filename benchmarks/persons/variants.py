"""Variants of one photograph: damaged, turned, covered, filtered. Pure: RGB in, RGB out, the same every time."""

import io
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from sluice.pixels import Rgb, resize

Variant = Callable[[Rgb], Rgb]

FACE = (173, 60, 275, 180)
"""Left, top, right, bottom on scikit-image's astronaut, set by hand."""
GREY = (128, 128, 128)


def damage() -> Mapping[str, Variant]:
    """What happens to pictures without anybody meaning harm, and covers."""
    found: dict[str, Variant] = {"plain": lambda rgb: rgb, "mirrored": lambda rgb: np.ascontiguousarray(rgb[:, ::-1])}
    found |= {f"face {round(102 * k)} px": _scaled(k) for k in (3, 2, 0.6, 0.5, 0.4, 0.2)}
    found |= {f"JPEG quality {q}": _jpeg(q) for q in (90, 50, 30, 15, 5)}
    found |= {f"noise, sd {sd}": _noise(sd) for sd in (5, 10, 20, 40)}
    found |= {f"blur {sd} px": _filtered(ImageFilter.GaussianBlur(sd)) for sd in (1, 2, 3, 4, 6)}
    found |= {f"turned {degrees}": _rolled(degrees) for degrees in (10, 30, 45, -45, 90, 180)}
    found |= {f"light x {k}": _lit(k) for k in (0.5, 0.1, 0.05, 1.5, 2.5)}
    left, top, right, bottom = FACE
    middle = (top + bottom) // 2
    found["lower half covered"] = _covered(left - 6, middle + 10, right + 6, bottom + 6)
    found["eyes covered"] = _covered(left - 6, top + 38, right + 6, top + 62)
    found["one side covered"] = _covered(left - 6, top - 6, (left + right) // 2, bottom + 6)
    return found


def filters() -> Mapping[str, Variant]:
    """What makes a photograph look drawn, or at least unlike one."""
    return {
        "posterised, 2 bits": _pil(lambda image: ImageOps.posterize(image, 2)),
        "posterised, 3 bits": _pil(lambda image: ImageOps.posterize(image, 3)),
        "8 colours": _pil(lambda image: image.quantize(8).convert("RGB")),
        "16 colours": _pil(lambda image: image.quantize(16).convert("RGB")),
        "median 7, three times": _smooth,
        "mode 9": _filtered(ImageFilter.ModeFilter(9)),
        "cartoon, 8 levels": lambda rgb: _cartoon(rgb, 8),
        "cartoon, 5 levels": lambda rgb: _cartoon(rgb, 5),
        "oil, 4 px": lambda rgb: _oil(rgb, 4),
        "oil, 8 px": lambda rgb: _oil(rgb, 8),
        "pencil": _pencil,
        "contour": _filtered(ImageFilter.CONTOUR),
        "emboss": _filtered(ImageFilter.EMBOSS),
        "edges": _filtered(ImageFilter.FIND_EDGES),
        "negative": _pil(ImageOps.invert),
        "solarised": _pil(lambda image: ImageOps.solarize(image, 128)),
        "pixels of 4": lambda rgb: _pixelated(rgb, 4),
        "pixels of 8": lambda rgb: _pixelated(rgb, 8),
        "colour x 3": _pil(lambda image: ImageEnhance.Color(image).enhance(3)),
    }


def _pil(change: Callable[[Image.Image], Image.Image]) -> Variant:
    return lambda rgb: np.asarray(change(Image.fromarray(rgb)))


def _filtered(which: ImageFilter.Filter | type[ImageFilter.Filter]) -> Variant:
    return lambda rgb: np.asarray(Image.fromarray(rgb).filter(which))


def _scaled(factor: float) -> Variant:
    return lambda rgb: resize(rgb, round(rgb.shape[1] * factor), round(rgb.shape[0] * factor))


def _jpeg(quality: int) -> Variant:
    def change(rgb: Rgb) -> Rgb:
        out = io.BytesIO()
        Image.fromarray(rgb).save(out, "JPEG", quality=quality)
        return np.asarray(Image.open(out).convert("RGB"))

    return change


def _noise(sd: float) -> Variant:
    return lambda rgb: _clipped(rgb + np.random.default_rng(1).normal(0, sd, rgb.shape))


def _lit(factor: float) -> Variant:
    return lambda rgb: _clipped(rgb * factor)


def _rolled(degrees: float) -> Variant:
    return _pil(lambda image: image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=GREY))


def _covered(left: int, top: int, right: int, bottom: int) -> Variant:
    def change(rgb: Rgb) -> Rgb:
        out = rgb.copy()
        out[top:bottom, left:right] = (90, 120, 160)
        return out

    return change


def _smooth(rgb: Rgb) -> Rgb:
    image = Image.fromarray(rgb)
    for _ in range(3):
        image = image.filter(ImageFilter.MedianFilter(7))
    return np.asarray(image)


def _cartoon(rgb: Rgb, levels: int) -> Rgb:
    """Even colours within black lines."""
    step = 256 // levels
    even = _smooth(rgb) // step * step + step // 2
    light = np.asarray(Image.fromarray(rgb).convert("L").filter(ImageFilter.MedianFilter(7)), np.float64)
    down, right = np.gradient(light)
    lines = Image.fromarray((np.hypot(down, right) < 12).astype(np.uint8) * 255).filter(ImageFilter.MinFilter(3))
    return np.where(np.asarray(lines)[..., None] > 0, even, 0).astype(np.uint8)


def _oil(rgb: Rgb, radius: int) -> Rgb:
    """Of four squares about a pixel, the mean of the most even one (Kuwahara's filter)."""
    half = radius // 2
    values = rgb.astype(np.float64)
    light = values.mean(axis=2)
    mean = _box(light, radius + 1)
    uneven = _box(light**2, radius + 1) - mean**2
    means = np.stack([_box(values[..., channel], radius + 1) for channel in range(3)], axis=2)
    best, out = np.full(light.shape, np.inf), np.zeros_like(values)
    for move in ((-half, -half), (-half, half), (half, -half), (half, half)):
        moved = np.roll(uneven, move, (0, 1))
        better = moved < best
        best = np.where(better, moved, best)
        out = np.where(better[..., None], np.roll(means, move, (0, 1)), out)
    return _clipped(out)


def _box(values: np.ndarray, size: int) -> np.ndarray:
    padded = np.pad(values, ((size // 2, size - 1 - size // 2),) * 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size))
    return np.asarray(windows.mean(axis=(2, 3)))


def _pencil(rgb: Rgb) -> Rgb:
    grey = Image.fromarray(rgb).convert("L")
    light = np.asarray(grey, np.float64)
    soft = np.asarray(ImageOps.invert(grey).filter(ImageFilter.GaussianBlur(8)), np.float64)
    return np.stack([_clipped(light * 255 / (255.001 - soft))] * 3, axis=2)


def _pixelated(rgb: Rgb, size: int) -> Rgb:
    image = Image.fromarray(rgb)
    small = image.resize((image.width // size, image.height // size), Image.Resampling.BOX)
    return np.asarray(small.resize(image.size, Image.Resampling.NEAREST))


def _clipped(values: np.ndarray) -> Rgb:
    out: Rgb = np.clip(values, 0, 255).astype(np.uint8)
    return out
