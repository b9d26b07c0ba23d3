"""What the services wrote while all the other tests ran: ids and digests, never content. Runs last, by its name."""

import urllib.request
from pathlib import Path

from sluice.local.state import Running
from tests.integration.client import Client, ask, prompt

SECRETS = ("a watercolor of a lighthouse", "pipe bomb", "acct-4711", "a bowl of oranges", "heliotrope-zeppelin")


def test_no_content_in_any_log(client: Client, logs: Path) -> None:
    decision = client.decide(ask(prompt("a heliotrope-zeppelin over hills"), account_id="acct-4711"))
    written = {path.name: path.read_text(errors="replace") for path in logs.glob("*.log")}
    assert decision.request_id in written["orchestrator.log"]
    leaks = [(name, secret) for name, text in written.items() for secret in SECRETS if secret in text]
    assert leaks == []


def test_no_content_behind_any_operators_door(stack: Running) -> None:
    told: dict[str, str] = {}
    for name, at in stack.services.items():
        for path in ("metrics", "readyz"):
            with urllib.request.urlopen(f"http://{at.ops}/{path}", timeout=5) as answer:
                told[f"{name}/{path}"] = answer.read().decode()
    assert all('sluice_ready{service="' in text for name, text in told.items() if name.endswith("/metrics"))
    assert [(name, secret) for name, text in told.items() for secret in SECRETS if secret in text] == []
