"""Which banks this service needs, and the refusal to work without them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hash_matcher.bank_files import load_banks
from hash_matcher.banks import TEST_BANK, Bank, built_in_test_bank
from hash_matcher.flood import FloodSettings
from hash_matcher.index import view_of
from sluice.errors import ConfigError, NotReadyError
from sluice.hashes.change import HashStoreError
from sluice.hashes.current import BANKS
from sluice.hashes.layout import HashFileError
from sluice.hashes.live import LiveIndex
from sluice.settings import Reader


@dataclass(frozen=True, slots=True)
class BankSettings:
    """Where banks lie and which must be there. No name required: any one bank will do."""

    folder: Path
    folder_is_default: bool
    store: Path
    store_is_default: bool
    required: tuple[str, ...]
    test_bank: bool
    flood: FloodSettings


@dataclass(frozen=True, slots=True)
class Banks:
    """What was opened: banks of files, and a store where there is one. The store's view has all of them."""

    files: Sequence[Bank]
    live: LiveIndex | None


def read_bank_settings(reader: Reader, home: Path) -> BankSettings:
    """SLUICE_BANKS (folder of banks, by default `banks` in SLUICE_HOME), SLUICE_HASHES (a store of many hashes, by
    default `hashes` there), SLUICE_REQUIRED_BANKS (names, by default the test bank where that is on),
    SLUICE_TEST_BANK (1: add the generated bank), SLUICE_FLOOD_LEAST, _TIMES and _WINDOW_SECONDS (see `flood`)."""
    test_bank = reader.flag("SLUICE_TEST_BANK")
    folder = reader.path("SLUICE_BANKS", home / "banks")
    store = reader.path("SLUICE_HASHES", home / "hashes")
    usual = FloodSettings()
    return BankSettings(
        folder=folder,
        folder_is_default=folder == home / "banks",
        store=store,
        store_is_default=store == home / "hashes",
        required=reader.words("SLUICE_REQUIRED_BANKS", (TEST_BANK,) if test_bank else ()),
        test_bank=test_bank,
        flood=FloodSettings(
            least=reader.number("SLUICE_FLOOD_LEAST", usual.least, least=0),
            times=reader.number("SLUICE_FLOOD_TIMES", usual.times),
            window_ms=1000 * reader.number("SLUICE_FLOOD_WINDOW_SECONDS", usual.window_ms // 1000, most=86_400),
        ),
    )


def open_banks(settings: BankSettings) -> Banks:
    """All banks there are. Raises ConfigError for files that are wrong, NotReadyError for what is missing."""
    if not settings.folder.is_dir() and not settings.folder_is_default:
        raise NotReadyError(f"SLUICE_BANKS: {settings.folder} is not a folder")
    banks = list(load_banks(settings.folder))
    if any(bank.name == TEST_BANK for bank in banks):
        raise ConfigError([f"{settings.folder}: the name {TEST_BANK!r} belongs to the built-in test bank"])
    if settings.test_bank:
        banks.append(built_in_test_bank())
    live = open_store(settings, banks)
    there = {bank.name for bank in banks} | (live.present() if live is not None else set())
    missing = [name for name in settings.required if name not in there]
    if missing or not there:
        if live is not None:
            live.close()
        what = f"required bank {', '.join(missing)} is not loaded" if missing else "no bank of known pictures"
        raise NotReadyError(f"{what}: {_how(settings)}")
    return Banks(tuple(banks), live)


def open_store(settings: BankSettings, banks: Sequence[Bank]) -> LiveIndex | None:
    """The store, searched with the banks of files; None where it is not described and nobody asked for one. Raises
    NotReadyError for one of no use, ConfigError for a bad `banks.yaml`."""
    if settings.store_is_default and not (settings.store / BANKS).exists():
        return None
    try:
        return LiveIndex(settings.store, beside=view_of(banks))
    except (HashStoreError, HashFileError) as error:
        raise NotReadyError(f"SLUICE_HASHES: {error}") from error
    except OSError as error:
        raise NotReadyError(f"SLUICE_HASHES: {error.filename or settings.store}: {error.strerror}") from error


def _how(settings: BankSettings) -> str:
    return (
        f"put a folder with bank.yaml and entries.csv into {settings.folder}, "
        f"or list it with `sluice hashes build` in {settings.store}, "
        "or set SLUICE_TEST_BANK=1 for the harmless test bank"
    )
