"""What ingest accepts, and how much its decoders may use."""

from dataclasses import dataclass, field

from ingest.fetch.settings import FetchSettings, read_fetch_settings
from sluice.settings import Reader, Settings


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """Bounds of one content, and of one decoder child."""

    max_image_bytes: int
    """Of one encoded picture."""
    max_text_bytes: int
    """Of one text, as UTF-8."""
    inline_limit: int
    """Of a picture that travels inside a request."""
    max_pixels: int
    """Of one decoded picture."""
    decoders: int
    """Child processes, each of which decodes one picture at a time."""
    decoder_seconds: int
    """Wall clock and processor time for one picture."""
    decoder_memory_mib: int
    """Address space of one child: 28 bytes a pixel, most of them for PDQ, and 200 MiB beside."""
    max_views: int
    """Of one picture: frames, pages behind transparency and colours that differ visibly, each judged by itself."""
    max_metadata_bytes: int
    """Of EXIF, profiles, texts and whatever else of one encoded picture is not its pixels."""
    decoder_seccomp: bool
    """Whether decoders run behind a filter of system calls."""
    fetch: FetchSettings = field(default_factory=FetchSettings)
    """From where pictures are fetched that are not in our object store."""
    pdq_borders: bool = False
    """Whether a picture with a plain border is hashed without it, too."""


def read_ingest_settings(reader: Reader, settings: Settings) -> IngestSettings:
    """Reads ingest's own variables. The caller calls `reader.finish()`."""
    return IngestSettings(
        max_image_bytes=reader.number("SLUICE_MAX_IMAGE_BYTES", 20 << 20, most=64 << 20),
        max_text_bytes=reader.number("SLUICE_MAX_TEXT_BYTES", 64 << 10, most=1 << 20),
        inline_limit=settings.inline_limit,
        max_pixels=reader.number("SLUICE_MAX_PIXELS", 64_000_000, most=1_000_000_000),
        decoders=reader.number("SLUICE_DECODERS", 1, most=256),
        decoder_seconds=reader.number("SLUICE_DECODER_SECONDS", 20, most=300),
        decoder_memory_mib=reader.number("SLUICE_DECODER_MEMORY_MIB", 2304, least=512, most=1 << 20),
        max_views=reader.number("SLUICE_MAX_VIEWS", 8, most=16),
        max_metadata_bytes=reader.number("SLUICE_MAX_METADATA_BYTES", 4 << 20, most=64 << 20),
        decoder_seccomp=reader.flag("SLUICE_DECODER_SECCOMP", default=True),
        fetch=read_fetch_settings(reader),
        pdq_borders=reader.choice("SLUICE_PDQ_CROPS", "off", ("off", "borders")) == "borders",
    )
