"""Which addresses may be asked for, by their words alone."""

import pytest

from ingest.fetch.address import Host, Target, read_host, read_target
from sluice.objects import ForbiddenUriError

HOSTS = (Host("img.example.org"), Host("cdn.example.net", below=True), Host("store.example.com", port=9000))


@pytest.mark.parametrize(
    ("word", "host"),
    [
        ("img.example.org", Host("img.example.org")),
        ("IMG.Example.org", Host("img.example.org")),
        ("*.example.org", Host("example.org", below=True)),
        ("*.example.org:8443", Host("example.org", below=True, port=8443)),
        ("*", None),
        ("*.*.org", None),
        ("img.*.org", None),
        ("localhost", None),
        ("10.0.0.1", None),
        ("[::1]", None),
        ("img.example.org:", None),
        ("img.example.org:0", None),
        ("img.example.org:65536", None),
        ("https://img.example.org", None),
        ("img.example.org/path", None),
        ("", None),
    ],
)
def test_an_entry_of_the_list_is_a_name(word: str, host: Host | None) -> None:
    assert read_host(word) == host


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("https://img.example.org/a.jpg", Target("https", "img.example.org", 443, "/a.jpg")),
        ("https://img.example.org", Target("https", "img.example.org", 443, "/")),
        ("HTTPS://IMG.example.org:443/a?b=c&d=%2e#e", Target("https", "img.example.org", 443, "/a?b=c&d=%2e")),
        ("https://a.b.cdn.example.net/x", Target("https", "a.b.cdn.example.net", 443, "/x")),
        ("https://store.example.com:9000/x", Target("https", "store.example.com", 9000, "/x")),
    ],
)
def test_what_is_on_the_list_is_fetched(uri: str, target: Target) -> None:
    assert read_target(uri, HOSTS, plain_http=False) == target


FORBIDDEN = [
    "https://example.org/",
    "https://evil.org/",
    "https://xcdn.example.net/",
    "https://cdn.example.net/",
    "https://cdn.example.net.evil.org/",
    "https://img.example.org.evil.org/",
    "https://img.example.org:8443/",
    "https://store.example.com/",
    "http://img.example.org/",
    "ftp://img.example.org/",
    "file:///etc/passwd",
    "gopher://img.example.org/",
    "//img.example.org/",
    "img.example.org/x",
    "https:img.example.org",
    "https:///img.example.org",
    "https://img.example.org@evil.org/",
    "https://evil.org@img.example.org/",
    "https://user:pass@img.example.org/",
    "https://@img.example.org/",
    "https://evil.org#@img.example.org/",
    "https://evil.org\\@img.example.org/",
    "https://evil.org\\.img.example.org/",
    "https://img.example.org./",
    "https://img.example.org:/",
    "https://img.example.org:0/",
    "https://img.example.org:99999/",
    "https://img.example.org:4 43/",
    "https://img.example.org%2eevil.org/",
    "https://img.example.org%00.evil.org/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[fd00:ec2::254]/",
    "https://[img.example.org]/",
    "https://localhost/",
    "https://img.example.org/a b",
    "https://img.example.org/a\r\nHost: evil.org",
    "https://img.example.org/\t",
    "\x00https://img.example.org/",
    " https://img.example.org/",
    "https://img\u3002example.org/",
    "https://img.ex\u00e4mple.org/",
    "https://\uff49mg.example.org/",
    "https://img.example.org/" + "a" * 2048,
    "",
]


@pytest.mark.parametrize("uri", FORBIDDEN)
@pytest.mark.parametrize("plain_http", [False])
def test_everything_else_is_not(uri: str, plain_http: bool) -> None:
    with pytest.raises(ForbiddenUriError) as caught:
        read_target(uri, HOSTS, plain_http)
    # An address may hold whatever a sender wrote into it.
    assert not uri or uri not in str(caught.value)


def test_an_address_in_numbers_is_refused_even_where_the_list_was_made_by_hand() -> None:
    for name in ("127.0.0.1", "example.0x7f", "a.1"):
        with pytest.raises(ForbiddenUriError):
            read_target(f"https://{name}/", [Host(name)], plain_http=False)


def test_without_a_list_nothing_is_fetched() -> None:
    with pytest.raises(ForbiddenUriError, match="outside our object store"):
        read_target("https://img.example.org/a.jpg", (), plain_http=True)


def test_plain_http_has_to_be_asked_for() -> None:
    assert read_target("http://img.example.org/", HOSTS, plain_http=True).port == 80
