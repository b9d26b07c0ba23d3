"""Which addresses of a gateway are taken, and what is said of those that are not."""

import pytest

from sluice.client.address import Base, read_base


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("https://sluice.example.org", Base("https://sluice.example.org", "sluice.example.org", True, False)),
        ("https://g.example.org:8443/a/", Base("https://g.example.org:8443/a", "g.example.org:8443", True, False)),
        ("http://127.0.0.1:8080", Base("http://127.0.0.1:8080", "127.0.0.1:8080", False, True)),
        ("http://127.9.9.9", Base("http://127.9.9.9", "127.9.9.9", False, True)),
        ("http://[::1]:8080/", Base("http://[::1]:8080", "[::1]:8080", False, True)),
        ("http://localhost:1", Base("http://localhost:1", "localhost:1", False, True)),
        ("http://10.0.0.1", Base("http://10.0.0.1", "10.0.0.1", False, False)),
        ("http://127.0.0.1.example.org", Base("http://127.0.0.1.example.org", "127.0.0.1.example.org", False, False)),
        ("http://localhost.example.org", Base("http://localhost.example.org", "localhost.example.org", False, False)),
    ],
)  # fmt: skip
def test_an_address_is_read(text: str, base: Base) -> None:
    assert read_base(text) == base


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sluice.example.org",
        "sluice.example.org:443",
        "ftp://sluice.example.org",
        "https://",
        "https:///path",
        "https://:443",
        "https://sluice.example.org:",
        "https://sluice.example.org:0",
        "https://sluice.example.org:99999",
        "https://sluice.example.org:a",
        "https://[::1",
        "https://user:secret@sluice.example.org",
        "https://secret@sluice.example.org",
        "https://@sluice.example.org",
        "https://sluice.example.org?key=secret",
        "https://sluice.example.org#secret",
        "https://sluice.example.org/a b",
        "https://sluice.example.org\\@secret",
        "https://sluice.example.org\n",
        "https://sluice.example.org/v1",
        "https://sluice.example.org/a/v1/",
        "https://sluic\u00e9.example.org",
    ],
)
def test_everything_else_is_not_and_is_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="it ") as caught:
        read_base(text)
    assert "secret" not in str(caught.value)
    assert "example.org" not in str(caught.value)
