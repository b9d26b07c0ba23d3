"""What faults make of answers."""

import re
from dataclasses import replace
from typing import Final

from deploy.simulators.cybertipline.answers import Answer, empty, refusal
from deploy.simulators.cybertipline.faults import Fault, Kind

_HUGE: Final = 4 * 1024 * 1024
_DOCTYPE: Final = b'<!DOCTYPE r [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def spoiled_before(fault: Fault) -> Answer | None:
    """The answer where the call is not even made; None: it is made."""
    match fault.kind:
        case Kind.CODE:
            return refusal(int(fault.value))
        case Kind.STATUS:
            return empty(int(fault.value))
        case Kind.DROP:
            return Answer(b"", sent=0.0)
        case _:
            return None


def spoiled_after(fault: Fault, answer: Answer) -> Answer:
    """What comes of the answer to a call that was made."""
    body = answer.body
    match fault.kind:
        case Kind.CODE_AFTER:
            return refusal(int(fault.value))
        case Kind.STATUS_AFTER:
            return empty(int(fault.value))
        case Kind.SLOW_AFTER:
            return replace(answer, wait=fault.value)
        case Kind.DROP_AFTER:
            return replace(answer, sent=0.0)
        case Kind.HALF_AFTER:
            return replace(answer, sent=0.5)
        case Kind.GARBAGE_AFTER:
            return replace(answer, body=b"<html><body>Service unavailable", content_type="text/html")
        case Kind.DOCTYPE_AFTER:
            return replace(answer, body=re.sub(rb"(<report)", _DOCTYPE + rb"\1", body, count=1))
        case Kind.HUGE_AFTER:
            return replace(answer, body=body + b" " * _HUGE)
        case Kind.OTHER_AFTER:
            return replace(answer, body=re.sub(rb"<reportId>\d+<", b"<reportId>999<", body))
        case Kind.NAMELESS_AFTER:
            return replace(answer, body=re.sub(rb"<(reportId|fileId)>[^<]*</(reportId|fileId)>", b"", body))
        case Kind.WRONG_HASH:
            return replace(answer, body=re.sub(rb"<hash>[^<]*<", b"<hash>" + b"0" * 32 + b"<", body))
        case _:
            return answer
