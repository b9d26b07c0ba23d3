"""Files of examples: what they say, and every mistake in them named with its line."""

from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.policy.examples import Example, Match, read_examples
from sluice.policy.load import load
from sluice.policy.made import contents_of, verdicts_of
from sluice.v1.decision_pb2 import ACTION_REVIEW
from sluice.v1.request_pb2 import AGE_BAND_TEEN, OPERATION_EDIT, ROLE_UPLOAD, STAGE_OUTPUT
from sluice.v1.verdict_pb2 import PERSON_CHILD, STATUS_OK, STATUS_TIMEOUT
from tests.unit.test_policy_load import DEFAULT

POLICY = load(DEFAULT)
GOOD = "{name: n, cites: [I9], request: {contents: [{role: PROMPT}]}, action: ALLOW, fires: [], quiet: [hate]}"
WHOLE = """
examples:
  - name: whole
    cites: [I9, O1]
    request:
      stage: OUTPUT
      operation: EDIT
      age_band: TEEN
      tenant: studio
      prompt_decision: REVIEW
      released: true
      contents:
        - {role: PROMPT, scores: {hate: 0.4}, statuses: {text: NO_ANSWER}}
        - role: UPLOAD
          person: CHILD
          known_csam: true
          signals: {drawn: 2}
          matches: [{list: own, entry: "7", kind: artist}]
          statuses: {hash: TIMEOUT}
    action: BLOCK
    fires: [known-csam, prompt-not-allowed]
    quiet: [hate]
"""


def read(folder: Path, text: str) -> list[Example]:
    (folder / "a.yaml").write_text(text)
    return list(read_examples(folder, POLICY))


def problems(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return "\n".join(caught.value.problems)


def test_an_example_and_the_records_that_it_stands_for(tmp_path: Path) -> None:
    (example,) = read(tmp_path, WHOLE)
    assert (example.line, example.name, example.cites) == (3, "whole", ("I9", "O1"))
    assert (example.action, example.fires, example.quiet) == (
        "BLOCK",
        ("known-csam", "prompt-not-allowed"),
        ("hate",),
    )
    assert example.contents[1].matches == [Match("own", "7", "artist")]
    made = contents_of(example)
    assert (made.stage, made.operation, made.subject.age_band) == (STAGE_OUTPUT, OPERATION_EDIT, AGE_BAND_TEEN)
    assert (made.subject.tenant, made.prompt_decision.action) == ("studio", ACTION_REVIEW)
    assert made.generation_id
    assert made.released_from
    assert [one.WhichOneof("body") for one in made.contents] == ["text", "image"]
    assert made.contents[1].role == ROLE_UPLOAD
    verdicts = verdicts_of(example, POLICY)
    assert set(verdicts) == {"person", "hash"}
    (person,) = verdicts["person"].results
    assert (person.content_id, person.status, person.person, dict(person.signals)) == (
        "c1",
        STATUS_OK,
        PERSON_CHILD,
        {"drawn": 2.0},
    )
    assert [match.kind for match in person.matches] == ["artist"]
    (hashed,) = verdicts["hash"].results
    assert (hashed.status, [match.kind for match in hashed.matches]) == (STATUS_TIMEOUT, ["csam"])


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("[hate]", "[hat]", "unknown rule 'hat'"),
        ("fires: []", "fires: [nope]", "unknown rule 'nope'"),
        ("ALLOW", "OK", "'OK' should be one of"),
        ("cites: [I9]", "cites: [X9]", "'X9' is no id"),
        ("cites: [I9], ", "", "'cites' is missing"),
        ("name: n, ", "", "'name' is missing"),
        ("contents: [{role: PROMPT}]", "contents: []", "needs contents"),
        ("role: PROMPT", "role: PROMT", "'PROMT' should be one of"),
        ("role: PROMPT", "person: CHILD", "'role' is missing"),
        ("role: PROMPT", "role: PROMPT, person: KID", "'KID' should be one of"),
        ("role: PROMPT", "role: PROMPT, scores: {hat: 0.1}", "unknown key 'hat'"),
        ("role: PROMPT", "role: PROMPT, scores: {hate: 1.1}", "from 0 to 1"),
        ("role: PROMPT", "role: PROMPT, signals: {drawn: much}", "should be a number"),
        ("role: PROMPT", "role: PROMPT, statuses: {texts: OK}", "unknown key 'texts'"),
        ("role: PROMPT", "role: PROMPT, statuses: {text: LATE}", "'LATE' should be one of"),
        ("request: {", "request: {age_band: KID, ", "'KID' should be one of"),
        ("request: {", "request: {stgae: PROMPT, ", "unknown key 'stgae'"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in GOOD
    text = problems(tmp_path, f"examples:\n  - {GOOD}\n  - {GOOD.replace(old, new)}\n")
    assert named in text
    assert f"{tmp_path / 'a.yaml'}:3: " in text


def test_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("examples: [{}]")
    text = problems(tmp_path, "cases: []")
    assert "a.yaml:1: 'examples' is missing" in text
    assert "b.yaml:1: examples[0]: 'action' is missing" in text


def test_a_folder_without_examples_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no \\*\\.yaml"):
        read_examples(tmp_path / "none", POLICY)
