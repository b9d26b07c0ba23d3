"""What is said of a request, as JSON. Pure. Keys may be added, never renamed or taken away.

`allowed` is true for a whole ALLOW alone, so that nothing else can be taken for a pass.
"""

from gateway.requests_known import Known
from gateway.timeline import decided_timeline, pending_timeline, timeline_json
from sluice.contract.json_form import asset_json, decision_json
from sluice.moments import exactly
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision

Answer = dict[str, object]


def is_allowed(decision: Decision) -> bool:
    """Whether it is a pass."""
    return decision.action == ACTION_ALLOW and decision.complete


def decision_answer(decision: Decision, asset: SignedAsset | None, explain: bool = False) -> Answer:
    """A decision as `sluice moderate --json` tells it. `asset`: the signed picture of an allowed output, None where
    it is not there yet. `explain`: with every verdict and all scores."""
    told = decision_json(decision, explain=explain)
    told.pop("signed_file")
    shown = asset_answer(asset) if asset is not None and is_allowed(decision) else None
    return {**told, "status": "decided", "allowed": is_allowed(decision), "asset": shown}


def asset_answer(asset: SignedAsset) -> Answer:
    """A signed picture, by where this door hands it out."""
    told = asset_json(asset)
    # Where it lies is ours to know.
    told.pop("uri")
    return {
        "id": asset.request_id,
        "url": f"/v1/assets/{asset.request_id}",
        "size_bytes": asset.signed.size_bytes,
        "signed_at": exactly(asset.signed_at_ms),
        **told,
    }


def taken_answer(request_id: str, digest: bytes) -> Answer:
    """What is said of a request that nobody waits for. `digest`: of its content, as the decision will repeat it."""
    return {
        "request_id": request_id,
        "status": "pending",
        "allowed": False,
        "content_digest": digest.hex(),
        "url": f"/v1/requests/{request_id}",
        "events_url": f"/v1/requests/{request_id}/events",
    }


def known_answer(known: Known) -> Answer:
    """All that is known of a request."""
    if known.decided is not None:
        timeline = decided_timeline(known.decided, known.signed)
        asset = known.signed.asset if known.signed is not None else None
        decision = decision_answer(known.decided.decision, asset, explain=True)
        status, error, allowed = "decided", None, is_allowed(known.decided.decision)
    else:
        timeline = pending_timeline(known.request_id, known.heard)
        decision, allowed = None, False
        error = known.failed.body()["error"] if known.failed is not None else None
        status = "pending" if error is None else "failed"
    return {
        "request_id": known.request_id,
        "status": status,
        "allowed": allowed,
        "error": error,
        "decision": decision,
        "asset": decision["asset"] if decision is not None else None,
        "duration_ms": timeline.whole_ms,
        "timeline": timeline_json(timeline),
    }
