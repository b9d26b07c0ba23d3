"""What a decoder says of a picture."""

from dataclasses import dataclass
from enum import StrEnum

from sluice.check import Picture


class Trouble(StrEnum):
    """Why a picture could not be read. The words are those of the contract's `Unprocessable`, without its prefix."""

    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    TRUNCATED = "TRUNCATED"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"
    TOO_SMALL = "TOO_SMALL"
    ANIMATED = "ANIMATED"
    DECODER_LIMIT = "DECODER_LIMIT"
    UNDECODABLE = "UNDECODABLE"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A picture that could not be read. `detail` holds figures and names of ours, never content."""

    trouble: Trouble
    detail: str


@dataclass(frozen=True, slots=True)
class View:
    """One look that a picture has: a frame, a page behind what is transparent, its colours with or without profile.

    `what`: which one, in words of ours: "frame 3 on white". `pdq`: eight variants of 32 bytes, in the order of
    `sluice.hashing.DIHEDRAL`, and then perhaps the same of the part within a plain border.
    """

    what: str
    pdq: tuple[bytes, ...]
    pdq_quality: int
    rendition: Picture
    tiles: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A picture that was read.

    Width and height are those of the picture as a viewer shows it, after EXIF orientation, and so are the rendition
    and the tiles of every view. Views differ visibly. The first is what most viewers show first; its `pdq` is of the
    pixels as they are stored, which is what tools that make hash lists hash. That of the others is of what they show.
    """

    media_type: str
    width: int
    height: int
    views: tuple[View, ...]
    """At least one."""

    @property
    def pdq(self) -> tuple[bytes, ...]:
        """The first view's."""
        return self.views[0].pdq

    @property
    def pdq_quality(self) -> int:
        """The first view's."""
        return self.views[0].pdq_quality

    @property
    def rendition(self) -> Picture:
        """The first view's."""
        return self.views[0].rendition

    @property
    def tiles(self) -> tuple[Picture, ...]:
        """The first view's."""
        return self.views[0].tiles


class UnreadableError(Exception):
    """Raised inside the decoder to end one picture with a refusal."""

    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(detail)
        self.refusal = Refusal(trouble, detail)
