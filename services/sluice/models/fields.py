"""Reading a YAML document field by field, and saying which field of which file is wrong."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sluice.errors import NotReadyError

T = TypeVar("T")

_HEX = re.compile(r"[0-9a-f]{64}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")


class CardError(NotReadyError):
    """A card that cannot be used: the file, the field, and what it should be."""


class Fields:
    """One mapping of a document. Every field is asked for once; `done()` refuses the ones nobody asked for."""

    def __init__(self, value: Any, file: str, within: str = "") -> None:
        self._file = file
        self._within = within
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise CardError(f"{file}: {within or 'the document'} should be a mapping")
        self._value: Mapping[str, Any] = value
        self._asked: set[str] = set()

    def wrong(self, name: str, should: str) -> CardError:
        """The error for a field of this mapping."""
        return CardError(f"{self._file}: {self._path(name)} should be {should}")

    def get(self, name: str) -> Any:
        """The value as it stands, None where there is none."""
        self._asked.add(name)
        return self._value.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """A text that is not empty; required where there is no default."""
        value = self.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value.strip():
            return value.strip()
        raise self.wrong(name, "a text")

    def file_name(self, name: str) -> str:
        """The plain name of a file: no folders, nothing hidden."""
        value = self.text(name)
        if _NAME.fullmatch(value):
            return value
        raise self.wrong(name, "the name of a file, without a folder")

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of a few words."""
        value = self.text(name, default)
        if value in choices:
            return value
        raise self.wrong(name, f"one of {', '.join(choices)}")

    def digest(self, name: str) -> str:
        """A SHA-256 in lower-case hexadecimal."""
        value = self.get(name)
        if isinstance(value, str) and _HEX.fullmatch(value):
            return value
        raise self.wrong(name, "a SHA-256: 64 hexadecimal digits, lower case")

    def count(self, name: str) -> int:
        """A whole number of at least 1."""
        value = self.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        raise self.wrong(name, "a whole number of at least 1")

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number; required where there is no default."""
        value = self.get(name)
        if value is None and default is not None:
            return float(default)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        raise self.wrong(name, "a number")

    def numbers(self, name: str) -> tuple[float, ...]:
        """A list of finite numbers with at least one."""
        value = self.get(name)
        if isinstance(value, list) and value:
            found = Fields({str(index): item for index, item in enumerate(value)}, self._file, self._path(name))
            return tuple(found.number(str(index)) for index in range(len(value)))
        raise self.wrong(name, "a list of numbers")

    def words(self, name: str) -> tuple[str, ...]:
        """A list of texts; missing is empty."""
        value = self.get(name)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(word, str) and word.strip() for word in value):
            return tuple(word.strip() for word in value)
        raise self.wrong(name, "a list of texts")

    def languages(self, name: str) -> tuple[str, ...]:
        """A list of language codes (ISO 639, two or three letters); missing is empty."""
        codes = self.words(name)
        if all(_LANGUAGE.fullmatch(code) for code in codes):
            return codes
        raise self.wrong(name, "a list of ISO 639 codes of two or three letters, lower case")

    def shares(self, name: str) -> Mapping[str, float]:
        """Name -> number in 0..1; missing is empty."""
        value = self.get(name)
        if value is None:
            return {}
        if isinstance(value, dict) and all(
            isinstance(key, str) and isinstance(number, int | float) and 0 <= number <= 1
            for key, number in value.items()
        ):
            return {key: float(number) for key, number in value.items()}
        raise self.wrong(name, "a mapping of names to numbers from 0 to 1")

    def groups(self, name: str) -> Mapping[str, Mapping[str, float]]:
        """Name -> (name -> number in 0..1); missing is empty."""
        value = self.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(name, "a mapping")
        inner = Fields(value, self._file, self._path(name))
        found = {key: inner.shares(key) for key in value}
        inner.done()
        return found

    def one(self, name: str, read: Callable[["Fields"], T]) -> T | None:
        """A mapping, read by `read`; None where there is none."""
        value = self.get(name)
        if value is None:
            return None
        inner = Fields(value, self._file, self._path(name))
        found = read(inner)
        inner.done()
        return found

    def named(self, name: str, read: Callable[["Fields"], T]) -> Mapping[str, T]:
        """A mapping of names to mappings, each of them read by `read`; missing is empty."""
        value = self.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise self.wrong(name, "a mapping of names to mappings")
        found: dict[str, T] = {}
        for key, item in value.items():
            inner = Fields(item, self._file, f"{self._path(name)}.{key}")
            found[key] = read(inner)
            inner.done()
        return found

    def each(self, name: str, read: Callable[["Fields"], T]) -> tuple[T, ...]:
        """A list of mappings, each of them read by `read`; missing is empty."""
        value = self.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.wrong(name, "a list")
        found: list[T] = []
        for index, item in enumerate(value):
            inner = Fields(item, self._file, f"{self._path(name)}[{index}]")
            found.append(read(inner))
            inner.done()
        return tuple(found)

    def names(self) -> tuple[str, ...]:
        """The names that the document has here, in its order."""
        return tuple(self._value)

    def done(self) -> None:
        """Raises CardError where the document has a field that nobody asked for: most often a slip of the pen."""
        unknown = sorted(self._value.keys() - self._asked)
        if unknown:
            raise CardError(f"{self._file}: {self._path(unknown[0])} is not a field here")

    def _path(self, name: str) -> str:
        return f"{self._within}.{name}" if self._within else name
