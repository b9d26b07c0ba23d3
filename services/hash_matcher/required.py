"""Which banks this service needs, and the refusal to work without them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hash_matcher.bank_files import load_banks
from hash_matcher.banks import TEST_BANK, Bank, built_in_test_bank
from sluice.errors import ConfigError, NotReadyError
from sluice.settings import Reader


@dataclass(frozen=True, slots=True)
class BankSettings:
    """Where banks lie and which must be there. No name required: any one bank will do."""

    folder: Path
    folder_is_default: bool
    required: tuple[str, ...]
    test_bank: bool


def read_bank_settings(reader: Reader, home: Path) -> BankSettings:
    """SLUICE_BANKS (folder of banks, by default `banks` in SLUICE_HOME), SLUICE_REQUIRED_BANKS (names, by default
    the test bank where that is on), SLUICE_TEST_BANK (1: add the generated bank)."""
    test_bank = reader.flag("SLUICE_TEST_BANK")
    folder = reader.path("SLUICE_BANKS", home / "banks")
    return BankSettings(
        folder=folder,
        folder_is_default=folder == home / "banks",
        required=reader.words("SLUICE_REQUIRED_BANKS", (TEST_BANK,) if test_bank else ()),
        test_bank=test_bank,
    )


def open_banks(settings: BankSettings) -> Sequence[Bank]:
    """All banks there are. Raises ConfigError for files that are wrong, NotReadyError for what is missing."""
    if not settings.folder.is_dir() and not settings.folder_is_default:
        raise NotReadyError(f"SLUICE_BANKS: {settings.folder} is not a folder")
    banks = list(load_banks(settings.folder))
    if any(bank.name == TEST_BANK for bank in banks):
        raise ConfigError([f"{settings.folder}: the name {TEST_BANK!r} belongs to the built-in test bank"])
    if settings.test_bank:
        banks.append(built_in_test_bank())
    there = {bank.name for bank in banks}
    missing = [name for name in settings.required if name not in there]
    if missing:
        raise NotReadyError(f"required bank {', '.join(missing)} is not loaded: {_how(settings.folder)}")
    if not banks:
        raise NotReadyError(f"no bank of known pictures: {_how(settings.folder)}")
    return banks


def _how(folder: Path) -> str:
    return (
        f"put a folder with bank.yaml and entries.csv into {folder}, "
        "or set SLUICE_TEST_BANK=1 for the harmless test bank"
    )
