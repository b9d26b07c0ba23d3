"""Triton's words for ours. Imports no client: repositories are made where none is installed."""

from collections.abc import Mapping
from typing import Final

DATATYPES: Final[Mapping[str, str]] = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "int8": "INT8",
    "int32": "INT32",
    "int64": "INT64",
    "float16": "FP16",
    "float32": "FP32",
}
"""A card's dtype, and what the protocol calls it. In a config it is the same behind `TYPE_`."""


def digest_parameter(version: int | str) -> str:
    """Parameter of a config: SHA-256 of the `model.onnx` of that version."""
    return f"sluice.sha256.{version}"
