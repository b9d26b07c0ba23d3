"""A decision as JSON: what the command prints and what travels over HTTP. Snake case, short enum names, hex digests.

The shape is a promise to callers: keys may be added, never renamed or taken away. Text, bytes and account ids of a
request are not in a decision, so they cannot be here.
"""

from typing import TypeAlias

from sluice.contract.names import short_name
from sluice.v1.asset_pb2 import CredentialState, SignedAsset, SignedIngredient
from sluice.v1.decision_pb2 import Action, Decision, Input, Reason
from sluice.v1.request_pb2 import Operation, Stage
from sluice.v1.verdict_pb2 import ContentResult, ListMatch, Model, Person, Status

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]


def decision_json(
    decision: Decision, asset: SignedAsset | None = None, signed_file: str | None = None, explain: bool = False
) -> JsonObject:
    """One decision.

    `asset`: the signed picture of an allowed output; `signed_file`: where a copy of it was written; `explain`: adds
    every verdict that the decision rests on, with all scores, and the circuit breakers that were open.
    """
    form: JsonObject = {
        "request_id": decision.request_id,
        "action": short_name(Action, decision.action),
        "complete": decision.complete,
        "reasons": [_reason(reason) for reason in decision.reasons],
        "labels": list(decision.labels),
        "policy_version": decision.policy_version,
        "policy_digest": decision.policy_digest.hex(),
        "stage": short_name(Stage, decision.stage),
        "operation": short_name(Operation, decision.operation),
        "generation_id": decision.generation_id or None,
        "content_digest": decision.content_digest.hex(),
        "asset": None if asset is None else asset_json(asset),
        "signed_file": signed_file,
    }
    if explain:
        form["verdicts"] = [verdict_json(verdict) for verdict in decision.inputs]
        form["open_breakers"] = list(decision.open_breakers)
        form["times"] = {
            "requested_at_ms": decision.requested_at_ms,
            "prepared_at_ms": decision.prepared_at_ms,
            "decided_at_ms": decision.decided_at_ms,
            "deadline_at_ms": decision.deadline_at_ms,
        }
    return form


def failure_json(request_id: str, error: str) -> JsonObject:
    """What stands where a decision should: there is none, and that is not an allow."""
    return {"request_id": request_id, "action": None, "complete": False, "error": error}


def asset_json(asset: SignedAsset) -> JsonObject:
    """A signed picture: where it is, and which manifest it carries."""
    return {
        "uri": asset.signed.uri,
        "sha256": asset.signed.sha256.hex(),
        "media_type": asset.signed.media_type,
        "manifest_label": asset.manifest_label,
        "ingredients": [_ingredient(ingredient) for ingredient in asset.ingredients],
    }


def _ingredient(ingredient: SignedIngredient) -> JsonObject:
    known = ingredient.credentials in CredentialState.values()
    name = CredentialState.Name(ingredient.credentials) if known else str(ingredient.credentials)
    return {
        "sha256": ingredient.sha256.hex(),
        "credentials": name.removeprefix("CREDENTIAL_STATE_"),
        "failures": list(ingredient.failures),
        "carried": ingredient.carried,
    }


def verdict_json(verdict: Input) -> JsonObject:
    """What one check saw, as the decision recorded it. Times are milliseconds since the epoch, UTC."""
    return {
        "check": verdict.check,
        "results": [_result(result) for result in verdict.results],
        "models": [_model(model) for model in verdict.models],
        "verdict_offset": verdict.verdict_offset,
        "received_at_ms": verdict.received_at_ms,
        "started_at_ms": verdict.started_at_ms,
        "finished_at_ms": verdict.finished_at_ms,
        "appended_at_ms": verdict.appended_at_ms,
    }


def _reason(reason: Reason) -> JsonObject:
    # A rule that compares nothing has no category: its score and threshold are absent, not zero.
    compares = bool(reason.category)
    return {
        "rule": reason.rule,
        "category": reason.category or None,
        "score": reason.score if compares else None,
        "threshold": reason.threshold if compares else None,
        "check": reason.check or None,
        "content": reason.content_id or None,
        "action": short_name(Action, reason.action),
        "detail": reason.detail or None,
    }


def _result(result: ContentResult) -> JsonObject:
    return {
        "content": result.content_id,
        "status": short_name(Status, result.status),
        "scores": dict(sorted(result.scores.items())),
        "abstained": [*sorted(result.abstained)],
        "signals": dict(sorted(result.signals.items())),
        "person": short_name(Person, result.person),
        "matches": [_match(match) for match in result.matches],
        "detail": result.detail or None,
    }


def _match(match: ListMatch) -> JsonObject:
    return {
        "list": match.list,
        "entry": match.entry,
        "kind": match.kind,
        "method": match.method,
        "distance": match.distance,
        "test": match.test,
        "list_digest": match.list_digest.hex(),
        "quarantined": match.quarantined,
    }


def _model(model: Model) -> JsonObject:
    return {"name": model.name, "version": model.version, "digest": model.digest.hex()}
