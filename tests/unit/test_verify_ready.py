"""Ready pods at the worst moment, out of a series of changes."""

from typing import Any

import pytest

from tests.deploy.verify.ready import Ready, is_ready


def _pod(uid: str, component: str = "ingest", ready: str = "True", **metadata: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/component": component}
    return {
        "metadata": {"uid": uid, "labels": labels, **metadata},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


@pytest.mark.parametrize(
    ("pod", "ready"),
    [
        (_pod("a"), True),
        (_pod("a", ready="False"), False),
        (_pod("a", deletionTimestamp="2026-11-22T00:00:00Z"), False),
        ({"metadata": {"uid": "a"}}, False),
    ],
)
def test_a_pod_is_ready_while_requests_would_reach_it(pod: dict[str, Any], ready: bool) -> None:
    assert is_ready(pod) is ready


def test_a_rollout_that_adds_before_it_takes_away_never_has_fewer() -> None:
    ready = Ready()
    ready.start([_pod("a"), _pod("b")])
    ready.see("ADDED", _pod("c", ready="False"))
    ready.see("MODIFIED", _pod("c"))
    ready.see("MODIFIED", _pod("a", deletionTimestamp="x"))
    ready.see("DELETED", _pod("a", deletionTimestamp="x"))
    assert (ready.lowest, ready.now()["ingest"]) == ({"ingest": 2}, 2)


def test_a_moment_with_fewer_is_remembered() -> None:
    ready = Ready()
    ready.start([_pod("a"), _pod("b"), _pod("z", component="signer")])
    ready.see("MODIFIED", _pod("a", deletionTimestamp="x"))
    ready.see("MODIFIED", _pod("c"))
    assert ready.lowest == {"ingest": 1, "signer": 1}
    ready.see("DELETED", _pod("z", component="signer"))
    assert ready.lowest == {"ingest": 1, "signer": 0}
