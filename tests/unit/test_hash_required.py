"""Which banks must be there before the service calls itself ready."""

from pathlib import Path

import pytest

from hash_matcher.required import BankSettings, open_banks, read_bank_settings
from sluice.errors import ConfigError, NotReadyError
from sluice.settings import Reader
from tests.unit.test_hash_bank_files import ABOUT, write_bank


def settings(home: Path, **env: str) -> BankSettings:
    reader = Reader(env)
    found = read_bank_settings(reader, home)
    reader.finish()
    return found


def names(found: BankSettings) -> list[str]:
    return [bank.name for bank in open_banks(found).files]


def test_the_test_bank_is_enough_and_required_when_it_is_on(tmp_path: Path) -> None:
    found = settings(tmp_path, SLUICE_TEST_BANK="1")
    assert found.required == ("sluice-test",)
    assert names(found) == ["sluice-test"]


def test_without_any_bank_the_service_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match=r"no bank of known pictures: put a folder .*SLUICE_TEST_BANK=1"):
        open_banks(settings(tmp_path))


def test_any_bank_will_do_where_none_is_required_by_name(tmp_path: Path) -> None:
    write_bank(tmp_path / "banks" / "one")
    assert names(settings(tmp_path)) == ["partner"]


def test_banks_are_loaded_from_the_folder_named(tmp_path: Path) -> None:
    write_bank(tmp_path / "elsewhere" / "one")
    found = settings(tmp_path, SLUICE_BANKS=str(tmp_path / "elsewhere"), SLUICE_TEST_BANK="1")
    assert names(found) == ["partner", "sluice-test"]


def test_a_required_bank_that_is_missing_is_named(tmp_path: Path) -> None:
    write_bank(tmp_path / "banks" / "one")
    found = settings(tmp_path, SLUICE_REQUIRED_BANKS="partner, other,third")
    with pytest.raises(NotReadyError, match=r"required bank other, third is not loaded: put a folder"):
        open_banks(found)


def test_the_test_bank_can_be_required_but_off(tmp_path: Path) -> None:
    write_bank(tmp_path / "banks" / "one")
    with pytest.raises(NotReadyError, match="required bank sluice-test"):
        open_banks(settings(tmp_path, SLUICE_REQUIRED_BANKS="sluice-test"))


def test_a_folder_that_was_named_must_exist(tmp_path: Path) -> None:
    found = settings(tmp_path, SLUICE_BANKS=str(tmp_path / "typo"), SLUICE_TEST_BANK="1")
    with pytest.raises(NotReadyError, match=r"SLUICE_BANKS: .*typo is not a folder"):
        open_banks(found)


def test_no_file_may_pretend_to_be_the_test_bank(tmp_path: Path) -> None:
    write_bank(tmp_path / "banks" / "one", ABOUT.replace("name: partner", "name: sluice-test"))
    with pytest.raises(ConfigError, match="belongs to the built-in test bank"):
        open_banks(settings(tmp_path, SLUICE_TEST_BANK="1"))


def test_a_wrong_bank_stops_the_service(tmp_path: Path) -> None:
    write_bank(tmp_path / "banks" / "one", about="")
    with pytest.raises(ConfigError, match=r"bank\.yaml:1"):
        open_banks(settings(tmp_path, SLUICE_TEST_BANK="1"))
