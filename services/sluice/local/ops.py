"""Asking a service for what it says of itself beside its health: GET /readyz of its operators' door."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Final

from sluice.settings import split_address

_MOST_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Said:
    """`reasons`: why it is not ready, by condition; `notes`: what people should know, by what it is about."""

    reasons: Mapping[str, str]
    notes: Mapping[str, str]


NOTHING: Final = Said({}, {})


def ask_ops(address: str, seconds: float = 1.0) -> Said:
    """What the service says; NOTHING where there is no such door, or no answer in time.

    `seconds`: for each step of the exchange.
    """
    if not address:
        return NOTHING
    host, port = split_address(address)
    connection = HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", "/readyz")
        found = json.loads(connection.getresponse().read(_MOST_BYTES))
    except (OSError, HTTPException, ValueError):
        return NOTHING
    finally:
        connection.close()
    if not isinstance(found, dict):
        return NOTHING
    return Said(_words(found.get("reasons")), _words(found.get("notes")))


def _words(found: object) -> Mapping[str, str]:
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}
