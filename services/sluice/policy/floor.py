"""What no policy file can weaken: the child-safety rules, word for word, and how high their thresholds may be."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sluice.policy.condition import categories_of
from sluice.policy.model import Rule, Severity
from sluice.policy.plan_tokens import Token, tokens

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
        bound, said = tokens(self.when) or (), tokens(when) or ()
        return len(said) == len(bound) and all(map(_is_as_strict, said, bound))


_PICTURES = frozenset({"UPLOAD", "GENERATED"})
_ANY = frozenset({"PROMPT", "TRANSCRIPT", "UPLOAD", "GENERATED"})

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


def is_about_children(when: str) -> bool:
    """Whether a BLOCK with this condition is of child safety without saying so.

    It may be one of the rules that must be there, or asks for what the first three of them ask for.
    """
    asks = "known_csam" in when or not MOST.keys().isdisjoint(categories_of(when))
    return asks or any(floor.is_asked_by(when) for floor in FLOORS)


def weakened(rules: Sequence[Rule], roles: Collection[str]) -> Iterator[str]:
    """What a file's rules lack. `roles`: those that the file's stages cover."""
    for floor in FLOORS:
        if floor.roles & set(roles) and not any(floor.held_by(rule) for rule in rules):
            how = "BLOCK, terminal and report" if floor.at_once else "BLOCK"
            yield f"child safety: a rule with when: '{floor.when}' that is {how} is required: {floor.about}"


def _is_as_strict(said: Token, bound: Token) -> bool:
    """Whether a token is the floor's: a number may be smaller, a word may stand in other quotes."""
    if said[0] != bound[0]:
        return False
    if said[0] == "number":
        return float(said[1]) <= float(bound[1])
    return said[1][1:-1] == bound[1][1:-1] if said[0] == "text" else said[1] == bound[1]
