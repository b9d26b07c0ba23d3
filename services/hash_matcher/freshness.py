"""How old banks are, and which of them are older than they may be."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sluice.check import Gauge, Health
from sluice.hashes.banks import Bank
from sluice.hashes.view import View

_MOST_MS = 253_402_300_799_000
"""The end of the year 9999."""


def health_of(view: View, required: Collection[str], now_ms: int) -> Health:
    """A required bank that is stale is a reason not to be ready; another one is a note."""
    late = [bank for bank, _ in view.banks.values() if bank.stale(view.fresh.get(bank.name), now_ms)]
    said = {f"bank {bank.name}": _say(bank, view.fresh.get(bank.name)) for bank in late}
    reasons = {f"bank {bank.name}" for bank in late if bank.name in required}
    return Health(
        reasons={about: text for about, text in said.items() if about in reasons},
        notes={about: text for about, text in said.items() if about not in reasons},
        gauges=_gauges(view, now_ms),
    )


def _say(bank: Bank, at_ms: int | None) -> str:
    limit = f"bank {bank.name} should be compared with its source every {_span(bank.fresh_for_ms)}"
    when = f"was last {_moment(at_ms)}" if at_ms else "never was"
    return f"{limit}, and {when}: `sluice hashes build` or `add --fresh` with the newest list"


def _moment(at_ms: int) -> str:
    if at_ms > _MOST_MS:
        return "in a year of more than four digits"
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%MZ}"


def _span(span_ms: int) -> str:
    seconds = span_ms // 1000
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _gauges(view: View, now_ms: int) -> Sequence[Gauge]:
    found = []
    for name, (bank, _) in view.banks.items():
        if name in view.fresh:
            age = (now_ms - view.fresh[name]) / 1000
            about = "Seconds since the bank was compared with its source."
            found.append(Gauge("hash_bank_age_seconds", about, age, {"bank": name}))
        if bank.fresh_for_ms:
            about = "1 while the bank is older than it may be."
            found.append(
                Gauge("hash_bank_stale", about, float(bank.stale(view.fresh.get(name), now_ms)), {"bank": name})
            )
    return found
