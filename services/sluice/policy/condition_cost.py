"""How much work a condition may be, told before it is compiled: nobody can stop CEL once it runs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_CHARACTERS = 8000
"""Of one condition. CEL's parser gives up, and not gracefully, on lines that are some times longer."""
MOST_STEPS = 20_000
"""Of one condition, on a request whose every list has `_WIDTH` entries: four lists deep."""
_WIDTH = 10
_TOKEN = re.compile(
    r"""(?P<skip>"[^"]*"|'[^']*'|//[^\n]*)
      | (?P<each>\.\s*(?:exists|exists_one|all|filter|map)\s*\()
      | (?P<list>\b(?:contents|uploads|generated|matches|scores|signals)\b)
      | (?P<open>[(\[{])
      | (?P<close>[)\]}])
      | (?P<apart>&&|\|\||[?:,])
    """,
    re.VERBOSE,
)


@dataclass(slots=True)
class _Level:
    """What stands between two brackets. `times`: how often it is gone through each time that it is reached.

    `steps`: of what has been read of it. `lists`: named since the last word that sets apart; `all_lists`: in all.
    """

    times: int
    steps: int = 1
    lists: int = 0
    all_lists: int = 0


def too_much(when: str) -> Iterator[str]:
    """What is too much about a condition."""
    if len(when) > MOST_CHARACTERS:
        yield f"{len(when)} characters, at most {MOST_CHARACTERS}"
    elif (found := steps(when)) > MOST_STEPS:
        yield (
            f"asks lists within lists: about {found} steps for a request with {_WIDTH} entries in each list,"
            f" at most {MOST_STEPS}"
        )


def steps(when: str) -> int:
    """At most how often the innermost parts are asked, all told, where each list has `_WIDTH` entries.

    A list that is joined of several counts as long as these together; one without a name of its own (the entries of
    a list of lists) as all that the condition names.
    """
    named = sum(match.lastgroup == "list" for match in _TOKEN.finditer(when))
    levels = [_Level(1)]
    for match in _TOKEN.finditer(when):
        here = levels[-1]
        match match.lastgroup:
            case "list":
                here.lists += 1
                here.all_lists += 1
            case "apart":
                here.lists = 0
            case "each":
                levels.append(_Level(_WIDTH * (here.lists or max(1, named))))
            case "open":
                levels.append(_Level(1))
            case "close" if len(levels) > 1:
                levels.pop()
                levels[-1].steps += here.times * here.steps
                levels[-1].lists += here.all_lists
                levels[-1].all_lists += here.all_lists
    return sum(level.steps for level in levels)
