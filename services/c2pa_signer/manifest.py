"""What a manifest says: how the picture came to be, and which decision let it out. Nothing about a user.

The rules are those of the C2PA specification 2.x: the first action is `c2pa.created`, with a digital source type, or
`c2pa.opened`, with exactly one parent; every assertion is marked as created by the signer, who vouches for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from c2pa_signer.screen import Screened
from c2pa_signer.settings import Mining
from sluice.c2pa_sdk import Json
from sluice.hashing import PDQ_MIN_QUALITY
from sluice.provenance import DECISION_LABEL

_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = _IPTC + "trainedAlgorithmicMedia"
"""Made by a model (IPTC digital source types)."""
EDITED = _IPTC + "compositeWithTrainedAlgorithmicMedia"
"""Made by a model out of something that was there before."""

PDQ_ALGORITHM = "io.sluice.pdq.1"
"""Soft binding: the PDQ hash of the picture, 64 hexadecimal digits. A name of ours: PDQ is not on C2PA's list."""

ACTIONS_LABEL = "c2pa.actions.v2"
SOFT_BINDING_LABEL = "c2pa.soft-binding"
MINING_LABEL = "cawg.training-mining"
_MINING_USES = ("ai_generative_training", "ai_training", "ai_inference", "data_mining")


class Part(StrEnum):
    """What an ingredient was to the picture."""

    SOURCE = "source"
    """The same picture, with the credentials that its generator gave it."""
    UPLOAD = "upload"
    """What a user handed in to be edited."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A picture that went into this one. `data` where its own credentials should be carried on; None: it is only
    named."""

    part: Part
    media_type: str
    data: bytes | None = None
    sha256: bytes = b""
    """Of its bytes as they were handed in. Not for the manifest: whoever has the upload could find what it became."""
    screened: Screened | None = None
    """What its credentials are worth; None: nobody has looked yet."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the manifest rests on: the approved asset, and what the operator wants said."""

    request_id: str
    edit: bool
    policy_digest: bytes
    content_digest: bytes
    version: str
    """Of Sluice."""
    pdq: bytes = b""
    pdq_quality: int = 0
    mining: Mining = Mining.UNSAID


@dataclass(frozen=True, slots=True)
class Plan:
    """A manifest, and for each ingredient in turn what the manifest calls it."""

    manifest: Json
    ingredients: tuple[tuple[Json, Ingredient], ...]


def plan(facts: Facts, media_type: str, ingredients: Sequence[Ingredient] = ()) -> Plan:
    """The manifest for a picture. Raises ValueError for more than one source, or an upload that nothing edited."""
    sources = [each for each in ingredients if each.part is Part.SOURCE]
    uploads = [each for each in ingredients if each.part is Part.UPLOAD]
    if len(sources) > 1 or (uploads and not facts.edit):
        raise ValueError("at most one source, and uploads only for an edit")
    named = _named(sources, uploads)
    assertions = [
        _assertion(ACTIONS_LABEL, {"actions": _actions(facts.edit, named)}),
        _assertion(DECISION_LABEL, _decision(facts)),
    ]
    if facts.pdq and facts.pdq_quality >= PDQ_MIN_QUALITY:
        block = {"scope": {}, "value": facts.pdq.hex()}
        assertions.append(_assertion(SOFT_BINDING_LABEL, {"alg": PDQ_ALGORITHM, "blocks": [block]}))
    if facts.mining is not Mining.UNSAID:
        entries = {f"cawg.{use}": {"use": facts.mining.value} for use in _MINING_USES}
        assertions.append(_assertion(MINING_LABEL, {"entries": entries}))
    manifest = {
        "claim_generator_info": [{"name": "Sluice", "version": facts.version}],
        "format": media_type,
        "assertions": assertions,
        "ingredients": [about for about, ingredient in named if ingredient.data is None],
    }
    return Plan(manifest, tuple(named))


def _named(sources: Sequence[Ingredient], uploads: Sequence[Ingredient]) -> list[tuple[Json, Ingredient]]:
    """A manifest has one parent. That is the source where there is one; the uploads were then what its generator
    was given. Otherwise it is the first upload, and the others were put into it."""
    named = [(_about("source", each, "parentOf"), each) for each in sources]
    for number, each in enumerate(uploads, start=1):
        relationship = "inputTo" if sources else "parentOf" if number == 1 else "componentOf"
        named.append((_about(f"upload {number}", each, relationship), each))
    return named


def _about(title: str, ingredient: Ingredient, relationship: str) -> Json:
    return {
        "title": title,
        "label": title.replace(" ", "-"),
        "format": ingredient.media_type,
        "relationship": relationship,
    }


def _actions(edit: bool, named: Sequence[tuple[Json, Ingredient]]) -> Sequence[Json]:
    labels: dict[str, list[str]] = {}
    for about, _ in named:
        labels.setdefault(about["relationship"], []).append(about["label"])
    kind = EDITED if edit else GENERATED
    if "parentOf" not in labels:
        return [{"action": "c2pa.created", "digitalSourceType": kind}]
    opened = _action("c2pa.opened", labels["parentOf"])
    if not edit:
        return [{**opened, "digitalSourceType": kind}]
    placed = [_action("c2pa.placed", labels["componentOf"])] if "componentOf" in labels else []
    edited = _action("c2pa.edited", labels.get("inputTo", []))
    return [opened, *placed, {**edited, "digitalSourceType": kind}]


def _action(name: str, ingredients: Sequence[str]) -> dict[str, Any]:
    return {"action": name, "parameters": {"ingredientIds": list(ingredients)}} if ingredients else {"action": name}


def _decision(facts: Facts) -> Mapping[str, str]:
    return {
        "request_id": facts.request_id,
        "action": "ALLOW",
        "policy_digest": facts.policy_digest.hex(),
        "content_digest": facts.content_digest.hex(),
    }


def _assertion(label: str, data: Json) -> Json:
    return {"label": label, "created": True, "data": data}
