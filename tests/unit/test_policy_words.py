"""Why a decision is as it is, said in words: each sentence for a decision that the orchestrator's code made."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator.decide import decide
from orchestrator.outputs import Seen, outputs
from sluice.policy import words
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.v1.contents_pb2 import UNPROCESSABLE_TRUNCATED, Contents, PromptDecision
from sluice.v1.decision_pb2 import ACTION_BLOCK, Decision
from sluice.v1.request_pb2 import AGE_BAND_TEEN, AGE_BAND_UNDER_13, OPERATION_EDIT, ROLE_GENERATED, STAGE_OUTPUT
from sluice.v1.verdict_pb2 import PERSON_CHILD, PERSON_NONE, STATUS_ERROR, Verdict
from tests.unit.build import OTHER_ID, contents, image, result, text, verdict

FILE = """
version: "7"
stages:
  PROMPT: {deadline: 5s, max_deadline: 60s, on_incomplete: BLOCK,
           checks: {PROMPT: [text], UPLOAD: [image, person, hash]}}
  OUTPUT: {deadline: 5s, max_deadline: 60s, on_incomplete: REVIEW, checks: {GENERATED: [image, person, hash]}}
rules:
  - {id: known, cites: [I8], action: BLOCK, terminal: true, report: true, when: 'contents.exists(c, c.known_csam)'}
  - {id: csam, action: BLOCK, when: 'score("csam") >= threshold("csam")'}
  - {id: minors, action: BLOCK, when: 'score("sexual/minors") >= threshold("sexual/minors")'}
  - id: child
    action: BLOCK
    when: 'score("sexual") >= 0.2 && contents.exists(c, c.kind == "image" && c.person in ["CHILD", "AGE_UNKNOWN"])'
  - id: edits
    cites: [I9]
    action: BLOCK
    when: 'operation == "EDIT" && uploads.exists(u, u.person in ["CHILD", "AGE_UNKNOWN"])'
  - {id: not-served, action: BLOCK, when: 'age_band == "UNDER_13"'}
  - {id: violence, cites: [I18], action: BLOCK, when: 'score("violence") >= threshold("violence")'}
  - {id: hate, action: REVIEW, when: 'score("hate") >= threshold("hate")'}
  - {id: drawn, action: ALLOW, label: drawn, when: 'generated.exists(g, g.person == "NONE")'}
thresholds:
  default: {csam: 0.5, sexual/minors: 0.5, violence: 0.5, hate: 0.5}
  TEEN: {violence: 0.3}
breaker: {times: 10, least: 50, window: 1m, usual: 1h, hold: 5m}
require: [sexual]
"""
TEXT = {"sexual": 0.01}


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    path = tmp_path_factory.mktemp("policy") / "policy.yaml"
    path.write_text(FILE)
    return load(path)


def scored(**scores: float) -> Mapping[str, Verdict]:
    return {"text": verdict("text", result(scores=TEXT | {name.replace("_", "/"): n for name, n in scores.items()}))}


def decided(
    policy: Policy,
    asked: Contents,
    verdicts: Mapping[str, Verdict],
    breakers: tuple[str, ...] = (),
    late: bool = True,
) -> Decision:
    outcome = decide(asked, verdicts, policy, late, open_breakers=breakers)
    assert outcome is not None
    seen = {check: Seen(found, at, 1500 + at) for at, (check, found) in enumerate(verdicts.items())}
    decision = outputs(asked, 7, 1100, seen, outcome, policy).decision
    decision.open_breakers[:] = breakers
    return decision


def pictures(person: int = PERSON_NONE) -> dict[str, Verdict]:
    return {
        "image": verdict("image", result(scores=TEXT)),
        "person": verdict("person", result(person=person)),
        "hash": verdict("hash", result()),
    }


def test_a_score_that_reached_a_threshold(policy: Policy) -> None:
    found = decided(policy, contents(text()), scored(violence=0.93))
    sentence = "violence 0.93 from `text` on c0 (prompt) reached the threshold 0.50 of rule violence"
    assert words.fired(found, policy) == [f"{sentence} (cites I18): BLOCK."]
    # Which statements a rule cites is known from the file alone.
    assert words.fired(found, None) == [f"{sentence}: BLOCK."]
    assert words.conclusion(found) == "BLOCK: the one reason asks for it."


def test_numbers_are_told_apart() -> None:
    assert words.number(0.93, 0.5) == "0.93"
    assert (words.number(0.4996, 0.5), words.number(0.5, 0.4996)) == ("0.4996", "0.5000")
    assert words.number(0.5, 0.5) == "0.50"
    assert words.number(0.49999999, 0.5) == "0.500000"


def test_a_rule_about_no_score_is_told_by_its_condition(policy: Policy) -> None:
    asked = contents(text(), age_band=AGE_BAND_UNDER_13)
    found = decided(policy, asked, scored())
    assert words.fired(found, policy) == [
        'Rule not-served holds, since age_band == "UNDER_13": BLOCK (age band UNDER_13).'
    ]
    assert words.fired(found, None) == ["Rule not-served holds for c0 (prompt): BLOCK (age band UNDER_13)."]
    edited = contents(image(), operation=OPERATION_EDIT)
    (sentence,) = words.fired(decided(policy, edited, pictures(PERSON_CHILD)), policy)
    assert sentence.startswith("Rule edits (cites I9) holds for c0 (uploaded picture), since operation ==")


def test_a_number_in_the_rule_itself_is_told_as_its_threshold(policy: Policy) -> None:
    seen = pictures(PERSON_CHILD) | {"image": verdict("image", result(scores={"sexual": 0.31}))}
    (sentence,) = words.fired(decided(policy, contents(image()), seen), policy)
    assert sentence == (
        "sexual 0.31 from `image` on c0 (uploaded picture) reached the threshold 0.20 of rule child: BLOCK "
        "(c0 person CHILD)."
    )


def test_the_most_severe_wins(policy: Policy) -> None:
    found = decided(policy, contents(text()), scored(violence=0.9, hate=0.6))
    assert words.conclusion(found) == "BLOCK: it is the most severe of what the reasons ask for (also REVIEW)."
    twice = decided(policy, contents(text()), scored(csam=0.9, violence=0.9))
    assert words.conclusion(twice) == "BLOCK: all reasons ask for it."


def test_nothing_fired(policy: Policy) -> None:
    found = decided(policy, contents(text()), scored())
    assert (words.fired(found, policy), words.missing(found)) == ([], [])
    assert words.conclusion(found) == "No rule fired and every required check answered: ALLOW."


def test_labels_alone(policy: Policy) -> None:
    found = decided(policy, contents(image(role=ROLE_GENERATED), stage=STAGE_OUTPUT), pictures())
    assert words.conclusion(found) == "ALLOW: the rules that fired only add labels."
    assert words.labels(found) == ["Labels: drawn."]


def test_what_was_missing_and_why(policy: Policy) -> None:
    seen = {
        "image": verdict("image", result(abstained=("sexual",))),
        "hash": verdict("hash", result(status=STATUS_ERROR)),
    }
    found = decided(policy, contents(image()), seen)
    assert words.missing(found) == [
        "`image` abstains from sexual on c0 (uploaded picture), and the policy requires a score of it: BLOCK.",
        "`person` gave no answer in time about c0 (uploaded picture): BLOCK.",
        "`hash` is required for c0 (uploaded picture) and answered ERROR: BLOCK.",
    ]
    uncovered = decided(policy, contents(text(), stage=STAGE_OUTPUT), {})
    assert words.missing(uncovered) == ["Incomplete: no check covers PROMPT at this stage (c0 (prompt)): REVIEW."]


def test_who_was_not_waited_for_did_not_fail(policy: Policy) -> None:
    found = decided(policy, contents(image()), {"hash": verdict("hash", result(csam=True))}, late=False)
    assert words.missing(found) == [
        "A terminal rule decided before every required check had answered; nobody waited for the others."
    ]
    whole = pictures() | {"hash": verdict("hash", result(csam=True))}
    assert words.missing(decided(policy, contents(image()), whole, late=False)) == []


def test_what_could_not_be_read(policy: Policy) -> None:
    broken = image()
    broken.unprocessable = UNPROCESSABLE_TRUNCATED
    broken.detail = "the file ends early"
    found = decided(policy, contents(broken), {})
    assert words.missing(found) == [
        "c0 (uploaded picture) could not be read (truncated: the file ends early): BLOCK."
    ]


def test_a_picture_whose_prompt_was_not_allowed(policy: Policy) -> None:
    asked = contents(image(role=ROLE_GENERATED), stage=STAGE_OUTPUT, generation_id=OTHER_ID)
    asked.prompt_decision.CopyFrom(PromptDecision(action=ACTION_BLOCK))
    found = decided(policy, asked, pictures())
    said = f"The picture was generated for request {OTHER_ID}, whose decision is BLOCK"
    assert words.missing(found) == [f"{said}, which is not an ALLOW: BLOCK."]
    assert f"{said}." in words.asked(found)
    asked.prompt_decision.Clear()
    assert "of which no decision that counts was found" in words.missing(decided(policy, asked, pictures()))[0]


def test_a_breaker_that_was_open(policy: Policy) -> None:
    found = decided(policy, contents(text()), scored(violence=0.9), breakers=("rule:violence",))
    (sentence,) = words.fired(found, policy)
    assert sentence.endswith(
        ": REVIEW (the rule says BLOCK; the breaker of rule violence was open and made it REVIEW)."
    )
    assert words.breakers(found) == ["The circuit breaker of rule violence was open: many more BLOCKs than usual."]


def test_near_misses_by_how_near_they_are(policy: Policy) -> None:
    asked = contents(text(), age_band=AGE_BAND_TEEN)
    found = decided(policy, asked, scored(violence=0.29, hate=0.4, csam=0.02))
    nearest = words.near_misses(found, policy)
    assert [(one.category, one.threshold) for one in nearest] == [("violence", 0.3), ("hate", 0.5), ("csam", 0.5)]
    assert words.near(nearest[0]) == "violence 0.29 from `text` on c0: 0.01 under the threshold 0.30."
    assert len(words.near_misses(found, policy, most=1)) == 1
    # What another version of the file says of thresholds is not what was decided by.
    without = words.near_misses(found, None)
    assert [(one.category, one.threshold) for one in without][:2] == [("hate", None), ("violence", None)]
    assert words.near(without[0]) == "hate 0.40 from `text` on c0."


def test_what_reached_its_threshold_is_no_near_miss(policy: Policy) -> None:
    found = decided(policy, contents(text()), scored(violence=0.9, hate=0.2))
    assert [one.category for one in words.near_misses(found, policy)] == ["hate"]


def test_list_entries_by_their_ids(policy: Policy) -> None:
    seen = pictures() | {"hash": verdict("hash", result(csam=True))}
    found = decided(policy, contents(image()), seen, late=False)
    assert words.listed(found) == ["c0 matches entry 1 of list bank (csam, pdq, a test list), found by `hash`."]
    (match,) = [match for seen in found.inputs for one in seen.results for match in one.matches]
    match.quarantined = True
    assert words.listed(found) == [
        "c0 matches entry 1 of list bank (csam, pdq, a test list, quarantined), found by `hash`."
    ]


def test_whom_the_checks_saw(policy: Policy) -> None:
    seen = words.people(decided(policy, contents(image()), pictures(PERSON_CHILD)))
    assert seen == ["`person` saw a child in c0 (uploaded picture)."]
    assert words.people(decided(policy, contents(image()), pictures())) == []


def test_what_was_asked(policy: Policy) -> None:
    asked = contents(text(), age_band=AGE_BAND_TEEN)
    asked.subject.tenant = "studio"
    asked.released_from = OTHER_ID
    lines = words.asked(decided(policy, asked, scored()))
    assert lines[0] == "Stage prompt, operation generate, age band teen, tenant studio."
    assert lines[1] == f"c0: prompt, SHA-256 {(b't' * 8).hex()}..."
    assert lines[2].startswith(f"A reviewer released {OTHER_ID}")
    assert "account" not in " ".join(lines)


def test_models_with_their_versions(policy: Policy) -> None:
    seen = dict(scored())
    seen["text"].models.add(name="harm", version="3", digest=b"\xab" * 32)
    assert words.models(decided(policy, contents(text()), seen)) == ["`text`: harm 3, digest abababababababab..."]


def test_the_default_policy_has_words_for_every_rule() -> None:
    """Every reason of the policy's own examples becomes a sentence with its rule's name and its action."""
    root = Path(__file__).parents[2] / "policies"
    default = load(root / "default.yaml")
    for rule in default.rules:
        reason = Decision(action=rule.action.value)
        reason.reasons.add(rule=rule.id, action=rule.action.value)
        (sentence,) = words.fired(reason, default)
        assert f"ule {rule.id}" in sentence
        assert sentence.endswith(f": {rule.action.name}.")
