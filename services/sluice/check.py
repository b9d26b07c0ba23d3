"""What a check is: contents in, what it saw out. A check knows no broker, no RPC and no clock.

class Brightness(Check):
    name = "brightness"
    kinds = frozenset({Kind.IMAGE})

    async def run(self, items: Sequence[Item]) -> Sequence[Result]: ...
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Self

from sluice.refreshed import Refreshable
from sluice.settings import Reader, Settings


class Kind(StrEnum):
    """What a content is made of."""

    TEXT = "text"
    IMAGE = "image"


class Need(StrEnum):
    """What the host should fetch from the object store for a check; everything else is in the item already."""

    RENDITION = "rendition"
    TILES = "tiles"


class Status(StrEnum):
    """How a check's look at one content ended. Everything but OK leaves the decision incomplete.

    The scores of an ABSTAIN count in rules all the same; nothing else of it does, and nothing of the others.
    """

    OK = "OK"
    UNPROCESSABLE = "UNPROCESSABLE"
    ERROR = "ERROR"
    TIMEOUT = "TIMEOUT"
    ABSTAIN = "ABSTAIN"


class Person(StrEnum):
    """The photorealistic person label of GPT-4o image card I13, with a fourth word for "cannot be told"."""

    NONE = "NONE"
    ADULT = "ADULT"
    CHILD = "CHILD"
    AGE_UNKNOWN = "AGE_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded copy of a picture: JPEG bytes, size in pixels; tiles say where they lie."""

    data: bytes
    width: int
    height: int
    left: int = 0
    top: int = 0


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests of a picture as it was sent. `pdq`: the eight dihedral variants, 32 bytes each; then perhaps eight of
    the part within a border."""

    md5: bytes = b""
    sha1: bytes = b""
    sha256: bytes = b""
    pdq: tuple[bytes, ...] = ()
    pdq_quality: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One content, as a check sees it. Text items have `text` and `folded`, images the rest.

    `at_ms`: when the request came, in ms since the epoch by the log's clock, or by the door's; 0 where nobody knows.
    `together`: on the last text of a request with several, all of them in order; empty everywhere else. What texts
    say only together shows there, and nowhere twice.
    """

    content_id: str
    kind: Kind
    text: str = ""
    folded: str = ""
    together: tuple[str, ...] = ()
    digests: Digests = field(default_factory=Digests)
    width: int = 0
    height: int = 0
    rendition: Picture | None = None
    tiles: tuple[Picture, ...] = ()
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """An entry of a list that a content matched. `kind` is "csam" for banks of known CSAM.

    `quarantined`: the entry matches far more often than it used to, so it may be wrong: a person should look.
    """

    list_name: str
    entry: str
    kind: str
    method: str
    distance: int
    test: bool
    list_digest: bytes
    quarantined: bool = False


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model answered: `digest` is the SHA-256 of its files, 32 bytes."""

    name: str
    version: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What a check saw in one content. `scores`: category -> 0..1; `abstained`: categories without a model.

    `models`: of those that may change while the process runs (`Check.refreshed`), the version that answered here.
    """

    status: Status = Status.OK
    scores: Mapping[str, float] = field(default_factory=dict)
    abstained: tuple[str, ...] = ()
    signals: Mapping[str, float] = field(default_factory=dict)
    person: Person | None = None
    matches: tuple[Match, ...] = ()
    detail: str = ""
    models: tuple[ModelInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number for whoever watches: `sluice_NAME`. `about` says what it is; labels are words of ours."""

    name: str
    about: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """What a check knows of itself. `reasons`: condition -> why it cannot do its job now, and what mends it.

    `notes`: what people should know although it can. Texts stay the same as long as what they tell does.
    """

    reasons: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    gauges: Sequence[Gauge] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """An item and what must be true of the check's answer. One contract test runs them for every check."""

    name: str
    item: Item
    holds: Callable[[Result], bool]


class Check(ABC):
    """One question about a content, asked of many at a time."""

    name: ClassVar[str]
    """What policy calls it: "text", "image_text", "image", "person", "hash"."""
    service_name: ClassVar[str]
    """What `sluice serve` calls it: "text-classifier"."""
    service: ClassVar[str] = ""
    """Its gRPC service in the contract ("TextClassifier"), or empty: Kafka alone."""
    kinds: ClassVar[frozenset[Kind]]
    needs: ClassVar[frozenset[Need]] = frozenset()
    max_batch: ClassVar[int] = 16
    batch_wait_ms: ClassVar[int] = 2
    """How long a batch waits for company."""
    batches_at_once: ClassVar[int] = 1
    """More than one where preparing a batch should not wait for the model: calls of `run` overlap then."""

    @classmethod
    @abstractmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:
        """Loads what the check needs. Raises NotReadyError with the command that mends it, or ConfigError."""

    @abstractmethod
    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        """One result per item, in order. Raises RetryableError or TerminalError for the batch as a whole."""

    @abstractmethod
    def models(self) -> Sequence[ModelInfo]:
        """The models behind the answers; of what may change, the version that is in use now."""

    def refreshed(self) -> Sequence[Refreshable]:
        """What the host should read again when its files change. Answers name the version that they rest on."""
        return ()

    def health(self) -> Health:
        """How it is now. The host asks every second, in between answers: it must not block."""
        return Health()

    @classmethod
    @abstractmethod
    def examples(cls) -> Sequence[Example]:
        """Harmless items with known answers. The first one is the readiness canary."""

    async def close(self) -> None:
        """Lets go of what `open` took."""
        return
