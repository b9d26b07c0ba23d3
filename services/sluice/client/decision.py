"""Reading the gateway's answers. What is not exactly an allow is none: a member that is missing, of another kind, or
that contradicts another makes the whole answer no answer."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from sluice.client.about import About
from sluice.client.outcome import NotAllowed, Stage, Why
from sluice.client.wire import Reply

_ACTIONS: Final = ("ALLOW", "REVIEW", "BLOCK")
_MISSING: Final = ("incomplete", "overloaded")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPE: Final = re.compile(r"image/[a-z0-9.+-]{1,60}")


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that fired. `category`: empty where the rule compares nothing."""

    rule: str
    category: str
    action: str
    detail: str

    @property
    def missing(self) -> bool:
        """It says that something was not looked at, and nothing about what was."""
        return self.rule in _MISSING or (self.rule == "unprocessable" and self.detail.startswith("too_late"))


@dataclass(frozen=True, slots=True)
class Signed:
    """Of a signed picture: SHA-256 in hex, media type."""

    sha256: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. `allowed`: a complete ALLOW that no reason contradicts. `asset`: the signed picture, if any."""

    action: str
    allowed: bool
    reasons: tuple[Reason, ...]
    labels: tuple[str, ...]
    asset: Signed | None

    def error(self, about: About) -> NotAllowed | None:
        """None where it allows. A decision that rests on nothing but what is missing is no answer; one by which
        somebody decided is a refusal, whatever else is missing."""
        if self.allowed:
            return None
        firm = [reason for reason in self.reasons if reason.action != "ALLOW" and not reason.missing]
        if not firm:
            return about.unavailable(Why.INCOMPLETE)
        decided = [reason for reason in firm if reason.action == self.action] or firm
        return about.refused(self.action, tuple((reason.rule, reason.category) for reason in decided))


def read_decision(reply: Reply, about: About) -> Decision | Why:
    """The decision on `about`, or why there is none in this answer."""
    form = _object(reply.body)
    if form is None or form.get("request_id") != about.request_id:
        return Why.BAD_ANSWER
    # What a simulator says counts only where somebody asked for a simulator.
    if (form.get("simulated", False) is True) is not about.simulated:
        return Why.BAD_ANSWER
    if reply.status == 202:
        return Why.NO_DECISION
    action, allowed, complete = form.get("action"), form.get("allowed"), form.get("complete")
    reasons, labels, asset = _reasons(form.get("reasons")), _labels(form.get("labels")), form.get("asset")
    if form.get("stage") != about.stage or action not in _ACTIONS or reasons is None or labels is None:
        return Why.BAD_ANSWER
    if not isinstance(allowed, bool) or not isinstance(complete, bool):
        return Why.BAD_ANSWER
    if allowed != (action == "ALLOW"):
        return Why.BAD_ANSWER
    if allowed and (not complete or any(reason.action != "ALLOW" for reason in reasons)):
        return Why.BAD_ANSWER
    signed = None if asset is None else _signed(asset, about.request_id)
    if asset is not None and (signed is None or not allowed or about.stage is not Stage.OUTPUT):
        return Why.BAD_ANSWER
    return Decision(str(action), allowed, reasons, labels, signed)


def read_output(reply: Reply, about: About) -> Decision | Why:
    """The same for a picture: an ALLOW without its signed picture is not yet an answer."""
    found = read_decision(reply, about)
    if isinstance(found, Decision) and found.allowed and found.asset is None:
        return Why.NOT_SIGNED
    return found


def read_reference(reply: Reply, sha256: str) -> dict[str, Any] | Why:
    """Where the gateway put bytes of this digest (hex): what a request passes on."""
    form = _object(reply.body)
    reference = None if form is None else form.get("reference")
    if not isinstance(reference, dict) or reference.get("sha256") != sha256:
        return Why.BAD_ANSWER
    return reference


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        form = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return form if isinstance(form, dict) else None


def _reasons(given: object) -> tuple[Reason, ...] | None:
    if not isinstance(given, list):
        return None
    found = []
    for each in given:
        if not isinstance(each, dict):
            return None
        rule, action = each.get("rule"), each.get("action")
        category, detail = each.get("category") or "", each.get("detail") or ""
        words = isinstance(rule, str) and isinstance(category, str) and isinstance(detail, str)
        if not words or not rule or action not in _ACTIONS:
            return None
        found.append(Reason(rule, category, str(action), detail))
    return tuple(found)


def _labels(given: object) -> tuple[str, ...] | None:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        return None
    return tuple(given)


def _signed(given: object, request_id: str) -> Signed | None:
    if not isinstance(given, dict) or given.get("id") != request_id:
        return None
    sha256, media_type = given.get("sha256"), given.get("media_type")
    if not isinstance(sha256, str) or not isinstance(media_type, str):
        return None
    if not _SHA256.fullmatch(sha256) or not _MEDIA_TYPE.fullmatch(media_type):
        return None
    return Signed(sha256, media_type)
