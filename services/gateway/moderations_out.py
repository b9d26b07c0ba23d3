"""OpenAI's moderation result, made of a decision. Pure. What is not a whole decision has no result.

- `flagged`: the decision is not ALLOW.
- `categories[c]`: a rule that compared c fired, and blocks or asks a person.
- `category_scores[c]`: the highest score of c over contents and checks; 0 where nobody scored it.
- `category_applied_input_types[c]`: kinds of contents that a check scored for c; what a check abstained from is not
  among them. Who reads what is written in a picture scored a text, and nothing where nothing was written.

OpenAI has no category for known child sexual abuse material. A match of a list of it, and a score of `csam`, stand in
`sexual/minors`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gateway.errors import unavailable, unprocessable_content
from gateway.refused import internal_error
from sluice.categories import CATEGORIES, CSAM, JAILBREAK
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW, Decision
from sluice.v1.request_pb2 import STAGE_PROMPT
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult

OURS: Final = frozenset({"extremism", JAILBREAK, CSAM})
"""Categories that OpenAI's shape has no place for."""
THEIRS: Final = tuple(category for category in CATEGORIES if category not in OURS)
MINORS: Final = "sexual/minors"
KNOWN: Final = "csam"
"""The kind of lists of known material."""
_INPUT_TYPES: Final = ("text", "image")
"""As they stand in an answer."""
CHARACTERS: Final = "text_characters"
"""The signal of who reads what is written in a picture: how much that was."""
_TOO_LATE: Final = "too_late"
UNPROCESSABLE: Final = "unprocessable"
"""The rule of what could not be read."""

Json = dict[str, object]


def moderation_json(modr_id: str, decisions: Sequence[Decision], params: Sequence[Mapping[str, str]]) -> Json:
    """The answer to a call. `modr_id`: 32 hex digits. `params`: for each decision, where its contents stood in the
    body, by content id. ApiError where any of the decisions has no result."""
    results = [result_json(decision, where) for decision, where in zip(decisions, params, strict=True)]
    versions = dict.fromkeys(decision.policy_version or decision.policy_digest.hex()[:12] for decision in decisions)
    return {"id": f"modr-{modr_id}", "model": f"sluice-{'+'.join(versions)}", "results": results}


def result_json(decision: Decision, params: Mapping[str, str]) -> Json:
    """The result of one decision. ApiError: 400 for what could not be read, 503 for an incomplete one."""
    known = sorted(_known(decision))
    if not known:
        # Of known material there is nothing more to be learnt: it is decided before every check has answered.
        _check_whole(decision, params)
    if decision.stage != STAGE_PROMPT or decision.action not in (ACTION_ALLOW, ACTION_REVIEW, ACTION_BLOCK):
        raise internal_error()
    scores, applied = _scored(decision)
    fired = {
        MINORS if reason.category == CSAM else reason.category
        for reason in decision.reasons
        if reason.action != ACTION_ALLOW and reason.category
    }
    if known:
        fired.add(MINORS)
        scores[MINORS] = 1.0
        applied[MINORS] = applied.get(MINORS, set()) | {"image"}
    flagged = decision.action != ACTION_ALLOW
    if (fired or known) and not flagged:
        raise internal_error()
    return {
        "flagged": flagged,
        "categories": {category: category in fired for category in THEIRS},
        "category_scores": {category: scores.get(category, 0.0) for category in THEIRS},
        "category_applied_input_types": {
            category: [kind for kind in _INPUT_TYPES if kind in applied.get(category, ())] for category in THEIRS
        },
    }


def _check_whole(decision: Decision, params: Mapping[str, str]) -> None:
    """Refuses what has no result: contents that nobody can read, checks that did not answer."""
    words = {content.id: content.unprocessable for content in decision.contents if content.unprocessable}
    refused = {reason.content_id: reason.detail for reason in decision.reasons if reason.rule == UNPROCESSABLE}
    late = decision.unprocessable == _TOO_LATE or _TOO_LATE in words.values()
    if (refused or words or decision.unprocessable) and not late:
        content_id = min(words.keys() | refused.keys(), default="")
        detail = refused.get(content_id) or words.get(content_id) or decision.unprocessable
        raise unprocessable_content(params.get(content_id.partition(".")[0]), detail)
    if not decision.complete:
        checks = sorted({reason.check for reason in decision.reasons if reason.rule == "incomplete" and reason.check})
        what = f" ({', '.join(checks)})" if checks else ""
        raise unavailable("incomplete", f"A check that the policy requires did not answer{what}. Not allowed.")


def _known(decision: Decision) -> Iterator[str]:
    """Contents that are on a list of known material."""
    for verdict in decision.inputs:
        for result in verdict.results:
            if any(match.kind == KNOWN for match in result.matches):
                yield result.content_id


def _scored(decision: Decision) -> tuple[dict[str, float], dict[str, set[str]]]:
    """The highest score of each category of theirs, and the kinds of contents that it was looked for in."""
    kinds = {content.id: content.kind for content in decision.contents}
    scores: dict[str, float] = {}
    applied: dict[str, set[str]] = {}
    for verdict in decision.inputs:
        for result in verdict.results:
            for name, score in result.scores.items():
                category = MINORS if name == CSAM else name
                if not 0.0 <= score <= 1.0:
                    # NaN among them: such a decision cannot be complete.
                    raise internal_error()
                scores[category] = max(score, scores.get(category, 0.0))
                if result.status == STATUS_OK and name not in result.abstained:
                    applied.setdefault(category, set()).add(_looked_at(result, kinds))
    return scores, applied


def _looked_at(result: ContentResult, kinds: Mapping[str, str]) -> str:
    """The kind of content that a result is about; empty for none."""
    if CHARACTERS not in result.signals:
        return kinds.get(result.content_id, "")
    return "text" if result.signals[CHARACTERS] > 0 else ""
