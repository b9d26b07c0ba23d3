"""Where reports go: what an address is, and that test matches never reach people, nor real ones a simulator."""

import pytest

from reporter.tipline.endpoint import PRODUCTION, TEST, Kind, read_endpoint


@pytest.mark.parametrize(
    ("url", "simulator", "kind"),
    [
        (PRODUCTION, False, Kind.REAL),
        (TEST, False, Kind.TEST),
        ("https://EXTTEST.cybertip.org./ispws/", False, Kind.TEST),
        ("https://reports.company.invalid/ispws", False, Kind.REAL),
        ("https://exttest.cybertip.org.company.invalid/ispws", False, Kind.REAL),
        ("https://notcybertip.org/ispws", False, Kind.REAL),
        ("http://127.0.0.1:8090/ispws", False, Kind.SIMULATOR),
        ("http://[::1]:8090/ispws", False, Kind.SIMULATOR),
        ("http://localhost:8090/ispws", False, Kind.SIMULATOR),
        ("http://cybertipline:8090/ispws", True, Kind.SIMULATOR),
    ],
)
def test_what_an_address_is(url: str, simulator: bool, kind: Kind) -> None:
    endpoint = read_endpoint(url, simulator)
    assert endpoint.kind is kind
    assert not endpoint.url.endswith("/")
    assert endpoint.takes(test=True) is (kind is not Kind.REAL)
    assert endpoint.takes(test=False) is (kind is Kind.REAL)


@pytest.mark.parametrize(
    ("url", "where"),
    [
        (PRODUCTION, "real report.cybertip.org"),
        ("https://REPORT.cybertip.org.:443/elsewhere/", "real report.cybertip.org"),
        (TEST, "test exttest.cybertip.org"),
        ("http://127.0.0.1:8090/ispws", "simulator 127.0.0.1:8090"),
        ("https://reports.company.invalid:8443/ispws", "real reports.company.invalid:8443"),
    ],
)
def test_which_place_an_address_is(url: str, where: str) -> None:
    assert read_endpoint(url).where == where


@pytest.mark.parametrize(
    ("url", "simulator"),
    [
        ("http://report.cybertip.org/ispws", False),
        ("http://exttest.cybertip.org/ispws", False),
        (PRODUCTION, True),
        (TEST, True),
        ("http://reports.company.invalid", False),
        ("https://user:canary@report.cybertip.org/ispws", False),
        ("https://report.cybertip.org/ispws?a=canary", False),
        ("https://report.cybertip.org:0/ispws", False),
        ("ftp://report.cybertip.org/ispws", False),
        ("canary", False),
        ("https://canary\u3002cybertip.org/ispws", True),
        ("https://m\xfcnchen.invalid/ispws", False),
        ("https://report.cybertip.org/is pws", False),
        ("https://report.cybertip.org/ispws\n", False),
        ("https://user:canary@report\u2100.invalid/ispws", False),
        ("https://report.cybertip.org;canary/ispws", True),
        ("https://ex%74test.cybertip.org/ispws", False),
    ],
)
def test_what_is_refused(url: str, simulator: bool) -> None:
    with pytest.raises(ValueError, match=r"should|is NCMEC") as caught:
        read_endpoint(url, simulator)
    assert "canary" not in str(caught.value)
