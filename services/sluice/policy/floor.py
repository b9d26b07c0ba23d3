"""What no policy file can weaken: the child-safety rules, word for word, and how high their thresholds may be."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sluice.policy.model import Rule, Severity

MOST: Mapping[str, float] = {"csam": 0.5, "sexual/minors": 0.5}
"""The highest threshold of a category about children, in any age band."""


@dataclass(frozen=True, slots=True)
class Floor:
    """A rule that must be there. `when`: its condition; a number in it may be smaller, nothing else may differ.

    `about`: what it keeps from happening, and the card statements behind it. `roles`: it is asked of files that cover
    one of these; of what no check covers, nothing is ever allowed. `at_once`: it must be terminal and reported.
    """

    when: str
    about: str
    roles: frozenset[str]
    at_once: bool = False

    def held_by(self, rule: Rule) -> bool:
        """Whether a rule is as strict as this."""
        return (
            rule.action is Severity.BLOCK
            and (not self.at_once or (rule.terminal and rule.report))
            and self.is_asked_by(rule.when)
        )

    def is_asked_by(self, when: str) -> bool:
        """Whether a condition is this one, or a stricter one."""
        bound, said = _NUMBER.findall(self.when), _NUMBER.findall(when)
        return _NUMBER.sub("N", _bare(when)) == _NUMBER.sub("N", _bare(self.when)) and all(
            float(one) <= float(most) for one, most in zip(said, bound, strict=True)
        )


_PICTURES = frozenset({"UPLOAD", "GENERATED"})
_ANY = frozenset({"PROMPT", "TRANSCRIPT", "UPLOAD", "GENERATED"})
_NUMBER = re.compile(r"[0-9]+\.[0-9]+")

FLOORS = (
    Floor("contents.exists(c, c.known_csam)", "known CSAM (I8, I10)", _ANY, at_once=True),
    Floor('score("csam") >= threshold("csam")', "new CSAM (I8, I11)", _PICTURES),
    Floor('score("sexual/minors") >= threshold("sexual/minors")', "sexual content with minors (I12)", _ANY),
    Floor(
        'score("sexual") >= 0.2 && contents.exists(c, c.kind == "image" && c.person in ["CHILD", "AGE_UNKNOWN"])',
        "sexual content with a picture of a child (I12, I13)",
        _PICTURES,
    ),
    Floor(
        'operation == "EDIT" && uploads.exists(u, u.person in ["CHILD", "AGE_UNKNOWN"])',
        "edits of pictures of children (I9, I13)",
        frozenset({"UPLOAD"}),
    ),
)


def holds_a_floor(when: str) -> bool:
    """Whether a rule with this condition may be one of those that must be there."""
    return any(floor.is_asked_by(when) for floor in FLOORS)


def weakened(rules: Sequence[Rule], roles: Collection[str]) -> Iterator[str]:
    """What a file's rules lack. `roles`: those that the file's stages cover."""
    for floor in FLOORS:
        if floor.roles & set(roles) and not any(floor.held_by(rule) for rule in rules):
            how = "BLOCK, terminal and report" if floor.at_once else "BLOCK"
            yield f"child safety: a rule with when: '{floor.when}' that is {how} is required: {floor.about}"


def _bare(when: str) -> str:
    return re.sub(r"\s", "", when).replace("'", '"')
