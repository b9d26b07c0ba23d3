"""The parts of `python -m benchmarks.signing`: what it signs verifies, and its ratios are the right way round."""

from pathlib import Path

import pytest

from benchmarks.images.measure import Spent
from benchmarks.orchestrator.measure import Drained
from benchmarks.signing.__main__ import BARE, HANDLE, UNREAD, Found, report
from benchmarks.signing.bare import run, signing
from benchmarks.signing.inputs import ALGORITHMS, FORMATS, Asked, asked, chain, encoded
from benchmarks.signing.records import Handling
from sluice.media import sniff
from sluice.provenance import State, verify


def test_every_format_and_every_algorithm_is_measured() -> None:
    assert {(one.form, one.algorithm) for one in asked()} == {
        *((form, ALGORITHMS[0]) for form in FORMATS),
        *((FORMATS[0], algorithm) for algorithm in ALGORITHMS),
    }
    assert all(sniff(one.data) == one.media_type for one in asked())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("verify_after", [True, False])
def test_the_bare_call_signs_what_verifies(algorithm: str, verify_after: bool) -> None:
    data = signing(Asked("JPEG", algorithm, encoded("JPEG")), verify_after)()
    found = verify(data, "image/jpeg", chain(algorithm)["root.pem"].decode())
    assert found.state is State.TRUSTED
    assert found.decision["action"] == "ALLOW"


def test_both_sides_sign_as_many_as_they_are_asked_for(tmp_path: Path) -> None:
    one = Asked("JPEG", "es256", encoded("JPEG"))
    signed: list[bytes] = []

    def sign() -> bytes:
        signed.append(b"")
        return b""

    assert run(sign, 7, 2).seconds > 0
    assert len(signed) == 7
    assert Handling(one, tmp_path, 2).run(5).here > 0
    files = list((tmp_path / "objects" / "signed").rglob("*.jpg"))
    assert len(files) == 5
    anchors = chain("es256")["root.pem"].decode()
    assert {verify(file.read_bytes(), "image/jpeg", anchors).state for file in files} == {State.TRUSTED}


def test_more_a_second_and_less_cpu_time_are_both_more_than_one() -> None:
    found = Found(Asked("JPEG", "es256", b""), 4000)
    found.sides[BARE] = [Spent(0.010, 0.008, 0.0)]
    found.sides[UNREAD] = [Spent(0.005, 0.002, 0.0)]
    found.sides[HANDLE] = [Spent(0.020, 0.010, 0.0)]
    found.service = [Drained(100, 100.0, 80.0, 500.0)]
    assert found.over_bare(UNREAD) == pytest.approx((2.0, 4.0))
    assert found.over_bare(HANDLE) == pytest.approx((0.5, 0.8))
    assert found.service_over_bare() == pytest.approx((0.8, 0.8))


def test_the_last_line_has_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(Asked("JPEG", "es256", b""), 4000)
    for side in (BARE, UNREAD, HANDLE):
        found.sides[side] = [Spent(0.010, 0.008, 0.0)]
    figures = report([found])
    assert figures["jpeg_es256_bytes_added"] == 4000
    assert figures["jpeg_es256_handle_over_bare"] == 1
    assert "jpeg_es256_service_over_bare" not in figures
    found.service = [Drained(100, 100.0, 50.0, 500.0)]
    assert report([found])["jpeg_es256_service_over_bare"] == pytest.approx(0.5)
    assert "JPEG es256" in capsys.readouterr().out
