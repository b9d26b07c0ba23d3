"""What a card's `converter` means: a folder of published files in, one ONNX file out."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from sluice.models.convert import faceapi_age, faceapi_ssd, faceapi_tiny, minilm, nsfwjs, ppocr
from sluice.models.convert.int8 import Int8Graph

Converter = Callable[[Path, Path], None]
"""(folder with the files that the card's sources name, ONNX file to write). Other files that the card calls converted
are written beside it. Raises TerminalError."""

MANIFEST = "weights_manifest.json"

CONVERTERS: Mapping[str, Converter] = MappingProxyType(
    {
        "nsfwjs": lambda folder, out: nsfwjs.convert(folder / "model.json", folder / "weights.bin", out),
        "faceapi_ssd": lambda folder, out: faceapi_ssd.convert(folder / MANIFEST, out, Int8Graph("face_ssd")),
        "faceapi_tiny": lambda folder, out: faceapi_tiny.convert(folder / MANIFEST, out),
        "faceapi_age": lambda folder, out: faceapi_age.convert(folder / MANIFEST, out),
        "minilm": lambda folder, out: minilm.convert(folder / "model.safetensors", out),
        "ppocr_det": lambda folder, out: ppocr.detector(folder / "PP-OCRv6_det_small.onnx", out),
        "ppocr_rec": lambda folder, out: ppocr.reader(folder / "PP-OCRv6_rec_small.onnx", out),
    }
)
