"""Weights in an .npz file: a dataclass of arrays, saved and read."""

import io
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from sluice.errors import NotReadyError

_HALF_ABOVE = 4096
"""Arrays with more entries are kept as float16."""


class _Arrays(Protocol):
    """A dataclass whose fields are all arrays."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Kind = TypeVar("Kind", bound=_Arrays)


def save(value: _Arrays, path: Path) -> None:
    """Writes an .npz in one step; big arrays as float16. The same arrays give the same bytes."""
    packed: dict[str, Any] = {field.name: _packed(getattr(value, field.name)) for field in fields(value)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **packed)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(buffer.getvalue())
    partial.replace(path)


def load(kind: type[Kind], path: Path) -> Kind:
    """Reads what `save` wrote, numbers as float32. Raises NotReadyError where the file is none for this code."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            arrays = {field.name: file[field.name] for field in fields(kind)}
    except (OSError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise NotReadyError(f"{path.name} does not hold text heads ({type(error).__name__})") from error
    return kind(**{name: a if a.dtype.kind == "U" else a.astype(np.float32) for name, a in arrays.items()})


def _packed(value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if value.dtype.kind == "U":
        return value
    return value.astype(np.float16 if value.size > _HALF_ABOVE else np.float32)
