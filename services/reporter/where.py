"""Where incidents are reported to: test matches never to people, real ones never to where nobody reads."""

from collections.abc import Mapping

from reporter.ports import Tipline
from reporter.tipline.client import CyberTipline
from reporter.tipline.settings import TiplineSettings


def tiplines(settings: TiplineSettings | None) -> Mapping[bool, Tipline]:
    """The tip line for test incidents (True), and that for all others (False), as far as there is one.

    Without an address there is none: whatever is confirmed waits. Raises NotReadyError where the schema or the
    authorities cannot be read.
    """
    if settings is None:
        return {}
    client = CyberTipline(settings)
    return {test: client for test in (False, True) if settings.endpoint.takes(test)}
