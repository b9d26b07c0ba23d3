"""Every ALLOW at OUTPUT has one approved and one signed asset that verifies; nothing else is in `assets.*`."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sluice.provenance import State
from sluice.v1.asset_pb2 import ApprovedAsset, SignedAsset
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from sluice.v1.request_pb2 import ROLE_GENERATED, STAGE_OUTPUT
from tests.chaos.history import History, Logged, Picture
from tests.chaos.objections import Kind, Objection


def check_assets(history: History) -> Iterator[Objection]:
    """Objections to what was approved and signed."""
    allowed = {
        decision.message.request_id: decision
        for decision in history.decisions
        if decision.message.action == ACTION_ALLOW and decision.message.stage == STAGE_OUTPUT
    }
    approved: dict[str, list[Logged[ApprovedAsset]]] = defaultdict(list)
    for one in history.approved:
        approved[one.message.request_id].append(one)
    signed: dict[str, list[Logged[SignedAsset]]] = defaultdict(list)
    for other in history.signed:
        signed[other.message.request_id].append(other)
    for name, ids in (("approved", approved.keys()), ("signed", signed.keys())):
        for request_id in ids - allowed.keys():
            yield Objection(Kind.WRONGLY_ALLOWED, request_id, f"{name}, without an ALLOW at OUTPUT")
    for request_id, decision in allowed.items():
        yield from _check_approved(decision, approved.get(request_id, ()))
        yield from _check_signed(decision.message, signed.get(request_id, ()), history.pictures)


def generated_sha256(decision: Decision) -> bytes:
    """Digest of the one generated picture that a decision is about; empty where there is not exactly one."""
    found = [content.sha256 for content in decision.contents if content.role == ROLE_GENERATED]
    return found[0] if len(found) == 1 else b""


def _check_approved(decision: Logged[Decision], found: Sequence[Logged[ApprovedAsset]]) -> Iterator[Objection]:
    made = decision.message
    if not found:
        yield Objection(Kind.UNAPPROVED, made.request_id, "no approved asset")
    if len(found) > 1:
        yield Objection(Kind.APPROVED_DOUBLED, made.request_id, f"offsets {[one.offset for one in found]}")
    for asset in found:
        bound = (made.content_digest, made.policy_digest, generated_sha256(made), decision.partition)
        read = asset.message
        if bound != (read.content_digest, read.policy_digest, read.original.sha256, asset.partition):
            yield Objection(Kind.UNAPPROVED, made.request_id, "the approved asset is not what was decided")


def _check_signed(
    made: Decision, found: Sequence[Logged[SignedAsset]], pictures: Mapping[str, Picture]
) -> Iterator[Objection]:
    if not found:
        yield Objection(Kind.UNSIGNED, made.request_id, "no signed asset")
    if len(found) > 1:
        yield Objection(Kind.SIGNED_DOUBLED, made.request_id, f"offsets {[one.offset for one in found]}")
    for asset in found:
        wrong = _wrong(made, asset.message, pictures.get(asset.message.signed.uri, Picture(found=False)))
        if wrong:
            yield Objection(Kind.UNVERIFIED, made.request_id, wrong)


def _wrong(made: Decision, asset: SignedAsset, picture: Picture) -> str:
    """Why a signed picture is not what it should be; empty where it is."""
    if not picture.found:
        return "its object is not in the store as the reference names it"
    if picture.state is not State.TRUSTED:
        return f"its credentials are {picture.state}"
    if asset.source_sha256 != generated_sha256(made) or asset.policy_digest != made.policy_digest:
        return "it was made from something else"
    says = {
        "request_id": made.request_id,
        "action": "ALLOW",
        "policy_digest": made.policy_digest.hex(),
        "content_digest": made.content_digest.hex(),
    }
    return "" if dict(picture.says) == says else "its manifest names another decision"
