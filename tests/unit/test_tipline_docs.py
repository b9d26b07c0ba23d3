"""docs/cybertipline.md against the code: every setting, every fault, every call, every code."""

import re
from pathlib import Path

from deploy.simulators.cybertipline.faults import CALLS, Kind
from reporter.ports import Refusal
from reporter.tipline import identity, settings
from reporter.tipline.codes import MEANINGS, of_code

_TEXT = Path(__file__).parents[2].joinpath("docs/cybertipline.md").read_text(encoding="utf-8")


def test_every_setting_is_there_and_no_other() -> None:
    names: set[str] = set()
    for module in (settings, identity):
        assert module.__file__
        names.update(re.findall(r"SLUICE_[A-Z_]+", Path(module.__file__).read_text(encoding="utf-8")))
    told = set(re.findall(r"SLUICE_[A-Z_]+", _TEXT))
    assert names <= told
    assert {name for name in told if name.startswith("SLUICE_TIPLINE_")} <= names


def test_every_fault_and_call_is_there() -> None:
    for kind in Kind:
        assert f"`{kind.value.removesuffix('-after')}`" in _TEXT or f"`{kind.value}`" in _TEXT
    for call in CALLS:
        assert f"`{call}`" in _TEXT


def test_the_table_of_codes_is_that_of_the_code() -> None:
    for code in (*MEANINGS, 1999, 4999, 6000):
        kind = of_code(code).kind
        if code in {5001, 5101}:
            assert kind is Refusal.GONE
        elif code == 5102:
            assert kind is Refusal.ALREADY
        else:
            assert kind is (Refusal.RETRY if 1000 <= code < 2000 and code != 1210 else Refusal.TERMINAL)
