"""The exchange that a source names, opened. The clients come with the extra `sync`."""

from collections.abc import Mapping
from importlib.util import find_spec

from sluice.hashes.sync.exchange import Exchange
from sluice.hashes.sync.sources import Source


def missing_clients() -> str:
    """What to do where the exchanges' clients are not installed; empty where they are."""
    if find_spec("threatexchange") is None:
        return "the exchanges' clients are not installed: pip install 'sluice[sync]'"
    return ""


def opened(source: Source, credentials: Mapping[str, str]) -> Exchange:
    """Asks nothing yet. `credentials`: see `Source.credentials`. `missing_clients` says whether this can work."""
    # Each when it is needed: the extra may be missing, and a client takes time to load.
    match source.exchange:
        case "ncmec":
            from sluice.hashes.sync.ncmec import Ncmec  # noqa: PLC0415 - the extra may be missing

            return Ncmec(source, credentials)
        case "stopncii":
            from sluice.hashes.sync.stopncii import StopNcii  # noqa: PLC0415 - the extra may be missing

            return StopNcii(source, credentials)
        case "threatexchange":
            from sluice.hashes.sync.meta import Meta  # noqa: PLC0415 - the extra may be missing

            return Meta(source, credentials)
        case _:
            from sluice.hashes.sync.tat import Tat  # noqa: PLC0415 - the extra may be missing

            return Tat(source, credentials)
