"""Reads the credentials of a stranger's picture. Never fetches anything, and cannot: the child that reads has no
socket."""

import json

from sluice.confined import SECONDS, Fate, answered, run_confined
from sluice.credentials.report import Report
from sluice.media import sniff
from sluice.provenance import State

_CHILD = "sluice.credentials.child"


def read_credentials(
    data: bytes, trust_anchors_pem: str, seconds: float = SECONDS, stamp_anchors_pem: str = ""
) -> Report:
    """What the credentials of a picture are worth to somebody who trusts these anchors, and what they say.
    `stamp_anchors_pem`: trusted with timestamps alone.

    The kind of picture is told by its bytes. Never raises for what is wrong with them: a picture that takes more
    memory or time than an honest one is INVALID. Raises ValueError where the bytes are no picture of a kind that
    `sluice.media` knows, and RetryableError where the child did not start. Takes a few tenths of a second.
    """
    media_type = sniff(data)
    if media_type is None:
        raise ValueError("no picture of a known kind")
    head = {"media_type": media_type, "trust_anchors": trust_anchors_pem, "stamp_anchors": stamp_anchors_pem}
    ended = run_confined(_CHILD, [str(len(data))], json.dumps(head).encode() + b"\n" + data, seconds)
    form = answered(ended)
    if form is not None:
        try:
            return Report.of_json(form)
        except ValueError:
            return Report(State.INVALID, (f"unreadable.{Fate.DIED}",))
    fate = Fate.DIED if ended.fate is Fate.ANSWERED else ended.fate
    return Report(State.INVALID, (f"unreadable.{fate}",))
