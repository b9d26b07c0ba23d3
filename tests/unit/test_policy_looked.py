"""What a rule that fired looked at, in words."""

from sluice.policy.facts import Answer, Facts, content_facts
from sluice.policy.looked import looked_at, looks
from sluice.v1.verdict_pb2 import PERSON_ADULT, PERSON_CHILD, PERSON_NONE, STATUS_OK, ContentResult


def facts(*results: ContentResult) -> Facts:
    answers = [Answer("check", one.content_id, one, dict(one.scores)) for one in results]
    contents = [content_facts(one.content_id, "UPLOAD", "image", answers) for one in results]
    return Facts("PROMPT", "EDIT", "TEEN", "acme", contents, contents, [], {}, {})


def result(content_id: str, person: int = PERSON_NONE) -> ContentResult:
    made = ContentResult(content_id=content_id, status=STATUS_OK)
    made.person = person  # type: ignore[assignment]  # enum numbers pass through a plain int here
    return made


def test_scores_alone_are_told_elsewhere() -> None:
    one = result("c0", PERSON_CHILD)
    one.scores["sexual"] = 0.9
    assert not looked_at('score("sexual") >= threshold("sexual")', facts(one))


def test_persons_of_every_content_that_shows_one() -> None:
    seen = facts(result("c0"), result("c1", PERSON_CHILD), result("c2", PERSON_ADULT))
    assert looked_at('uploads.exists(u, u.person == "CHILD")', seen) == "c1 person CHILD; c2 person ADULT"


def test_list_entries_of_the_kinds_that_the_condition_names() -> None:
    one = result("c0")
    one.matches.add(list="living-artists", entry="banksy", kind="artist-living", method="style")
    one.matches.add(list="bank", entry="7", kind="csam", method="pdq", distance=4, quarantined=True)
    when = 'contents.exists(c, c.matches.exists(m, m.kind == "artist-living"))'
    assert looked_at(when, facts(one)) == "c0 living-artists/banksy (style)"
    assert looked_at("contents.exists(c, c.known_csam)", facts(one)) == "c0 bank/7 (pdq, 4 bits, quarantined)"
    assert looked_at("contents.exists(c, size(c.matches) > 0)", facts(one)).count("c0") == 2


def test_signals_scores_of_one_content_and_the_age_band() -> None:
    one = result("c0")
    one.signals.update({"photoreal": 0.91, "faces": 2.0})
    one.scores["violence"] = 0.4
    when = 'age_band == "TEEN" && contents.exists(c, c.signals.photoreal > 0.5 && c.scores["violence"] > 0.3)'
    assert looked_at(when, facts(one)) == "age band TEEN; c0 photoreal 0.91; c0 violence 0.40"


def test_no_more_than_eight_things() -> None:
    seen = facts(*(result(f"c{at}", PERSON_ADULT) for at in range(11)))
    assert looked_at('contents.exists(c, c.person == "ADULT")', seen).endswith("c7 person ADULT; 3 more")


def test_the_number_that_a_score_is_held_against() -> None:
    assert looks('score("sexual") >= 0.2 && score("hate") > 1').constants == {"sexual": 0.2, "hate": 1.0}
