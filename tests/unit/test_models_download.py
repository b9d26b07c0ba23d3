"""Downloads: exactly the bytes that were asked for, or a reason and nothing on disk."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sluice.models.download import Downloader, FetchError
from tests.unit.model_files import sha256

DATA = b"weights" * 50_000
SHA = sha256(DATA)


class Handler(BaseHTTPRequestHandler):
    """/good, /short (the connection breaks off), /long (more than announced elsewhere), anything else: 404."""

    def do_GET(self) -> None:
        body = {"/good": DATA, "/short": DATA[:-1], "/long": DATA + b"!", "/other": DATA[::-1]}.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(DATA) if self.path == "/short" else len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_the_right_bytes_arrive(server: str, tmp_path: Path) -> None:
    Downloader().fetch(f"{server}/good", SHA, len(DATA), tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == DATA


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("short", f"ended after {len(DATA) - 1} of {len(DATA)} bytes|IncompleteRead"),
        ("long", f"longer than the {len(DATA)} bytes"),
        ("other", "its SHA-256 is .* not "),
        ("absent", "HTTP status 404"),
    ],
)
def test_wrong_bytes_leave_nothing(server: str, tmp_path: Path, path: str, message: str) -> None:
    with pytest.raises(FetchError, match=message):
        Downloader().fetch(f"{server}/{path}", SHA, len(DATA), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_is_not_there_is_asked_once(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Handler) as taken:
        url = f"http://127.0.0.1:{taken.server_port}"
    downloader = Downloader(timeout=1)
    with pytest.raises(FetchError, match="refused"):
        downloader.fetch(f"{url}/good", SHA, len(DATA), tmp_path / "out")
    with pytest.raises(FetchError, match="could not be reached before"):
        downloader.fetch(f"{url}/other", SHA, len(DATA), tmp_path / "out")


def test_a_folder_will_do_as_a_mirror(tmp_path: Path) -> None:
    (tmp_path / SHA).write_bytes(DATA)
    Downloader().fetch((tmp_path / SHA).as_uri(), SHA, len(DATA), tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == DATA


@pytest.mark.parametrize("url", ["nonsense", "gopher://x/y", "file:///nowhere/at/all"])
def test_what_is_no_url_of_anything(tmp_path: Path, url: str) -> None:
    with pytest.raises(FetchError, match=r"nonsense|gopher|nowhere"):
        Downloader().fetch(url, SHA, len(DATA), tmp_path / "out")
