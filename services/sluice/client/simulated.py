"""What the simulator answers. Pure: state in, answer out, and the time is passed in.

It plays the gateway's side of the contract, and allows nothing that is not a published test: a prompt that is none is
rejected, so that a simulator which runs where it should not lets nothing through.
"""

import base64
import binascii
import hashlib
import json
from collections import OrderedDict
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from sluice.categories import CATEGORIES
from sluice.client.outcome import Stage
from sluice.client.simulated_prompts import Outcome, Script, read_script
from sluice.client.wire import Answer, Call, NoReply, Reply, Silence
from sluice.media import sniff

T = TypeVar("T")

KNOWN_RULE: Final = "known-csam"
_DEFAULT: Final = "violence"
_MOST_IDS: Final = 4096
_MOST_PICTURES: Final = 256
_PASSING: Final = ("deadline_ms", "wait")


@dataclass(slots=True)
class Asked:
    """A request that was made before."""

    digest: bytes
    script: Script
    due: float
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Later:
    """There is nothing to say before this moment; then ask again."""

    due: float


@dataclass(slots=True)
class World:
    """What the simulator remembers: the newest of everything. `known`: SHA-256 in hex of the known test pictures."""

    known: Container[str]
    asked: OrderedDict[str, Asked] = field(default_factory=OrderedDict)
    allowed: OrderedDict[str, bool] = field(default_factory=OrderedDict)
    """By the id of a prompt's request."""
    stored: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    """By digest."""
    assets: OrderedDict[str, bytes] = field(default_factory=OrderedDict)

    def answer(self, call: Call, now: float) -> Answer | Later:
        """`now`: seconds of any clock that goes on."""
        if (call.method, call.path) == ("POST", "/v1/requests"):
            return self._request(call, now)
        if (call.method, call.path) == ("POST", "/v1/uploads"):
            sha256 = hashlib.sha256(call.body).hexdigest()
            _keep(self.stored, sha256, call.body, _MOST_PICTURES)
            named = {"sha256": sha256, "size_bytes": len(call.body), "media_type": call.content_type}
            return _reply(201, {"reference": {"uri": f"simulator:{sha256}", **named}, "simulated": True})
        asset = self.assets.get(call.path.removeprefix("/v1/assets/"))
        return _error(404, "not_found") if asset is None else Reply(200, {}, asset)

    def _request(self, call: Call, now: float) -> Answer | Later:
        form = json.loads(call.body)
        request_id, stage = form["request_id"], Stage(form["stage"])
        script = read_script(form.get("prompt"))
        if script is None:
            return _error(400, "not_a_test")
        script = script.at(stage)
        lasting = {name: value for name, value in form.items() if name not in _PASSING}
        digest = hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).digest()
        asked = self.asked.get(request_id)
        if asked is None:
            asked = _keep(self.asked, request_id, Asked(digest, script, now + script.seconds))
        if asked.digest != digest:
            return _error(409, "idempotency_conflict")
        if now < asked.due:
            return Later(asked.due)
        asked.tries += 1
        passing = _passing(script.outcome, asked.tries)
        return passing or self._decide(form, request_id, stage, script)

    def _decide(self, form: Mapping[str, Any], request_id: str, stage: Stage, script: Script) -> Answer:
        pictures = [self._bytes(part) for part in form.get("uploads", [])]
        image = self._bytes(form["image"]) if stage is Stage.OUTPUT else None
        looked = [*pictures, *([] if stage is Stage.PROMPT else [image])]
        action, complete, reasons, labels = "ALLOW", True, [], []
        if any(data is not None and hashlib.sha256(data).hexdigest() in self.known for data in looked):
            action, reasons = "BLOCK", [_reason("BLOCK", KNOWN_RULE, "")]
        elif any(data is None or sniff(data) is None for data in looked):
            action, complete, reasons = "BLOCK", False, [_reason("BLOCK", "unprocessable", "")]
        elif stage is Stage.OUTPUT and not self.allowed.get(form.get("generation_id", "")):
            action, reasons = "BLOCK", [_reason("BLOCK", "prompt-not-allowed", "")]
        elif script.outcome is Outcome.INCOMPLETE:
            action, complete, reasons = "BLOCK", False, [_reason("BLOCK", "incomplete", "")]
        elif script.outcome in (Outcome.BLOCK, Outcome.REVIEW):
            action = script.outcome.upper()
            what = script.what or _DEFAULT
            category = what if what in CATEGORIES else ""
            reasons = [_reason(action, what.replace("/", "-"), category)]
        elif script.what:
            labels = [script.what]
        if stage is Stage.PROMPT:
            _keep(self.allowed, request_id, action == "ALLOW")
        told = {"request_id": request_id, "stage": stage, "action": action, "allowed": action == "ALLOW"}
        told |= {"complete": complete, "reasons": reasons, "labels": labels, "simulated": True, "asset": None}
        if image is not None and action == "ALLOW" and script.outcome is not Outcome.UNSIGNED:
            _keep(self.assets, request_id, image, _MOST_PICTURES)
            sha256 = hashlib.sha256(image).hexdigest()
            told["asset"] = {"id": request_id, "sha256": sha256, "media_type": sniff(image), "signed": False}
        return _reply(200, told)

    def _bytes(self, part: Mapping[str, Any]) -> bytes | None:
        if "reference" in part:
            return self.stored.get(part["reference"]["sha256"])
        try:
            return base64.b64decode(part["data_url"].partition(",")[2], validate=True)
        except binascii.Error:
            return None


def _passing(outcome: Outcome, tries: int) -> Answer | None:
    """What is said in place of a decision."""
    if outcome is Outcome.UNAVAILABLE:
        return _error(503, "unavailable", {"retry-after": "3600"})
    if outcome is Outcome.BUSY and tries == 1:
        return _error(429, "rate_limit_exceeded", {"retry-after": "1"})
    if outcome is Outcome.FLAKY and tries <= 2:
        return NoReply(Silence.CONNECTION)
    return NoReply(Silence.TIMEOUT) if outcome is Outcome.SILENT else None


def _reason(action: str, rule: str, category: str) -> dict[str, Any]:
    return {"rule": rule, "category": category or None, "action": action, "detail": None}


def _reply(status: int, form: Mapping[str, Any]) -> Reply:
    return Reply(status, {"content-type": "application/json"}, json.dumps(form).encode())


def _error(status: int, code: str, headers: Mapping[str, str] | None = None) -> Reply:
    told = {"message": "the simulator", "type": "simulated", "param": None, "code": code}
    return Reply(status, headers or {}, json.dumps({"error": told, "simulated": True}).encode())


def _keep(kept: "OrderedDict[str, T]", name: str, value: T, most: int = _MOST_IDS) -> T:
    kept[name] = value
    while len(kept) > most:
        kept.popitem(last=False)
    return value
