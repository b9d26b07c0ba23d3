"""Every panel shows something: a real Prometheus, with the configuration and rules of deploy/, scrapes what
docs/operations.md says that services tell, and is asked each question of each dashboard."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from deploy.grafana.boards import ALL
from sluice.local.ports import LOOPBACK
from tests.panels import ask, grow, process_metrics, questions, scraping, unanswered

SECONDS = 90


@pytest.fixture(scope="module")
def scraped() -> Iterator[int]:
    """The port of a process whose numbers grow with each scrape."""
    metrics = process_metrics()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            grow(metrics)
            body = metrics.text()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            """Says nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Door)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def prometheus(scraped: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with scraping(tmp_path_factory.mktemp("prometheus"), scraped) as address:
        yield address


def test_every_panel_shows_something(prometheus: str) -> None:
    assert len(questions()) > 60
    assert unanswered(prometheus, SECONDS) == []


def test_every_choice_has_values(prometheus: str) -> None:
    for board in ALL:
        for choice in board.choices:
            assert ask(prometheus, f'{choice.of}{{{choice.label}!=""}}'), choice


def test_a_question_about_what_nobody_tells_has_no_answer(prometheus: str) -> None:
    assert ask(prometheus, "sluice_nobody_tells_this") == []
