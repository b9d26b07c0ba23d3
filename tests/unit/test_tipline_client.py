"""The client before it sends anything: where incidents may go, and that what it holds is not shown."""

from pathlib import Path

import pytest

from reporter.ports import Tipline
from reporter.tipline.client import CyberTipline
from reporter.tipline.endpoint import PRODUCTION, TEST, read_endpoint
from reporter.tipline.settings import TiplineSettings
from sluice.errors import NotReadyError


def client(url: str, **more: Path | str) -> CyberTipline:
    """One that nothing is sent with."""
    return CyberTipline(TiplineSettings(read_endpoint(url), "a-canary-user", "a-canary-password", **more))  # type: ignore[arg-type] # both fields are paths or texts


@pytest.mark.parametrize(("url", "tests"), [(PRODUCTION, False), (TEST, True), ("http://127.0.0.1:8090/ispws", True)])
def test_test_matches_and_real_ones_never_go_to_one_place(url: str, tests: bool) -> None:
    one: Tipline = client(url)
    assert isinstance(one, CyberTipline)
    assert [test for test in (False, True) if one.endpoint.takes(test)] == [tests]


def test_nothing_of_the_credentials_is_shown() -> None:
    one = client(TEST)
    assert "canary" not in f"{one!r} {vars(one)!r}"


def test_authorities_and_schemas_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("nothing")
    with pytest.raises(NotReadyError, match="certificates"):
        client(TEST, ca=str(broken))
    with pytest.raises(NotReadyError, match="schema"):
        client(TEST, schema=broken)
