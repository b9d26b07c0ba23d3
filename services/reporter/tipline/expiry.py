"""When a report that was opened and never finished is gone (report.cybertip.org/ispws/documentation, finish)."""

from datetime import datetime, timedelta
from typing import Final

FROM_OPENING: Final = timedelta(hours=24)
FROM_CHANGE: Final = timedelta(hours=1)


def expires(opened: datetime, changed: datetime) -> datetime:
    """24 hours after it was opened, or one hour after its last change, whichever is later. `changed`: the last call
    that added something; that of the opening where none did."""
    return max(opened + FROM_OPENING, changed + FROM_CHANGE)
