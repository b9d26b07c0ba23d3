"""Banks of files, and the built-in one, as lists that do not change."""

from collections.abc import Sequence

from hash_matcher.banks import Bank
from sluice.hashes.banks import Bank as About
from sluice.hashes.change import Op
from sluice.hashes.overlay import Overlay
from sluice.hashes.view import View, fixed


def view_of(banks: Sequence[Bank]) -> View:
    """All of them, searched together. A changed bank means a new view."""
    ops = [Op(bank.name, entry.id, entry) for bank in banks for entry in bank.entries]
    return fixed({bank.name: (about(bank), bank.digest) for bank in banks}, Overlay().changed(ops))


def about(bank: Bank) -> About:
    """The bank without its entries."""
    return About(bank.name, bank.kind, bank.test, bank.source, bank.terms, bank.threshold)
