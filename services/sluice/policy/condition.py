"""A rule's condition: compiled, and every word in it looked up before it is ever asked of a request."""

import re
from collections.abc import Iterator, Mapping, Sequence

import cel

from sluice.categories import CATEGORIES
from sluice.policy.condition_cost import too_much
from sluice.policy.facts import FUNCTIONS, VARIABLES
from sluice.policy.parse import Node
from sluice.policy.probe import Probe, failure
from sluice.v1.request_pb2 import AgeBand, Role
from sluice.v1.verdict_pb2 import Person

MACROS = frozenset({"size", "has", "all", "exists", "exists_one", "map", "filter", "startsWith", "endsWith"})
CONTENT_FIELDS = frozenset({"id", "role", "kind", "person", "known_csam", "matches", "scores", "signals"})
MATCH_FIELDS = frozenset({"list", "entry", "kind", "method", "distance", "test", "quarantined"})

STAGES = frozenset({"PROMPT", "OUTPUT"})
OPERATIONS = frozenset({"GENERATE", "EDIT"})
AGE_BANDS = frozenset({"UNKNOWN", *(name.removeprefix("AGE_BAND_") for name, number in AgeBand.items() if number)})
ROLES = frozenset(name.removeprefix("ROLE_") for name, number in Role.items() if number)
PERSONS = frozenset(name.removeprefix("PERSON_") for name, number in Person.items() if number)
KINDS = frozenset({"text", "image"})

_EACH = r"\s*\.\s*(?:exists|exists_one|all|filter|map)\s*\(\s*(\w+)\s*,"
_BOUND = re.compile(_EACH)
_CONTENT = re.compile(rf"\b(?:contents|uploads|generated){_EACH}")
_MATCH = re.compile(rf"\.\s*matches{_EACH}")
_STRING = re.compile(r'"[^"]*"|\'[^\']*\'')
_ASKED = re.compile(r"""\b(score|threshold)\s*\(\s*["']([^"']*)["']\s*\)""")
_SCORES = r"\.\s*scores"
_KEYED = re.compile(
    rf"""{_SCORES}\s*\[\s*["']([^"']*)["']\s*\]|["']([^"']*)["']\s*in\s+\w+\s*{_SCORES}\b|{_SCORES}\s*\.\s*(\w+)"""
)
_SCORE = rf"(?:\b(?:score|threshold)\s*\([^()]*\)|{_SCORES}\s*\[[^\]]*\]|{_SCORES}\s*\.\s*\w+)"
_SIGN = r"(?:>=|<=|==|!=|>|<)"
_NUMBER = r"(-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
_HELD = re.compile(rf"{_SCORE}\s*{_SIGN}\s*{_NUMBER}|{_NUMBER}\s*{_SIGN}\s*(?:\w+(?:\[[0-9]+\])?)?{_SCORE}")
_PARSER = re.compile(r"ERROR: <input>:([0-9]+):([0-9]+): (.*)")
_MOST_SAID = 200
_WORD = r"""(?:["']([^"']*)["'])"""


def compile_condition(
    node: Node, when: str, thresholds: Mapping[str, float], probes: Sequence[Probe]
) -> cel.Program | None:
    """The condition's program, or None with every problem noted at the node. `thresholds`: those of `default`."""
    for problem in too_much(when):
        node.problem(problem)
        return None
    try:
        program = cel.compile(when)
    except ValueError as error:
        node.problem(f"not CEL: {_not_cel(str(error))}")
        return None
    problems = [
        *_names(program, when),
        *_categories(when, thresholds),
        *_numbers(when),
        *_fields(when),
        *_words(when),
    ]
    if not problems:
        problems = [f"fails on a probe: {error}" for error in failure(program, probes)]
    for problem in dict.fromkeys(problems):
        node.problem(problem)
    return None if problems else program


def _not_cel(error: str) -> str:
    """The first mistake that the parser names, without the condition that it repeats."""
    found = _PARSER.search(error)
    if found is None:
        return error.splitlines()[0][:_MOST_SAID]
    line, column, said = found.groups()
    return f"line {line}, column {column} of the condition: {said[:_MOST_SAID]}"


def categories_of(when: str) -> frozenset[str]:
    """The categories that a condition names; of the thresholds that it asks for, those that are called like one."""
    asked = {name for function, name in _ASKED.findall(when) if function == "score" or name in CATEGORIES}
    return frozenset(asked | {word for words in _KEYED.findall(when) for word in words if word})


def thresholds_asked(when: str) -> frozenset[str]:
    """The names of the thresholds that a condition asks for."""
    return frozenset(name for function, name in _ASKED.findall(when) if function == "threshold")


def _names(program: cel.Program, when: str) -> Iterator[str]:
    bound = set(_BOUND.findall(when))
    for name in program.variables():
        if name not in VARIABLES | bound:
            yield f"unknown variable {name!r}; known are {', '.join(sorted(VARIABLES))}"
    for name in program.functions():
        if re.fullmatch(r"\w+", name) and not name.startswith("_") and name not in FUNCTIONS | MACROS:
            yield f"unknown function {name!r}; known are {', '.join(sorted(FUNCTIONS | MACROS))}"


def _categories(when: str, thresholds: Mapping[str, float]) -> Iterator[str]:
    for category in sorted(categories_of(when) - set(CATEGORIES)):
        yield f"unknown category {category!r}"
    for name in sorted(thresholds_asked(when) - thresholds.keys()):
        yield f"no default threshold for {name!r}"


def _numbers(when: str) -> Iterator[str]:
    for found in _HELD.findall(when):
        number = found[0] or found[1]
        if not 0.0 <= float(number) <= 1.0:
            yield f"a score is held against {number}, which is not from 0 to 1"


def _fields(when: str) -> Iterator[str]:
    bare = _STRING.sub('""', when)
    contents, matches = set(_CONTENT.findall(bare)), set(_MATCH.findall(bare))
    for name, field in re.findall(r"(?<![\w.])(\w+)\s*\.\s*(\w+)", bare):
        known = {*(CONTENT_FIELDS if name in contents else ()), *(MATCH_FIELDS if name in matches else ())}
        if known and field not in known:
            yield f"unknown field {field!r} of {name!r}; known are {', '.join(sorted(known))}"
    for field in re.findall(r"\b(?:contents|uploads|generated)\s*\[[^\]]*\]\s*\.\s*(\w+)", bare):
        if field not in CONTENT_FIELDS:
            yield f"unknown field {field!r} of a content; known are {', '.join(sorted(CONTENT_FIELDS))}"


def _words(when: str) -> Iterator[str]:
    """Words that a name never has: such a comparison is always false, or always true."""
    contents = "|".join(set(_CONTENT.findall(when)) - set(_MATCH.findall(when)))
    names = {"stage": STAGES, "operation": OPERATIONS, "age_band": AGE_BANDS}
    if contents:
        names |= {"role": ROLES, "kind": KINDS, "person": PERSONS}
    for name, known in names.items():
        of = rf"\b{name}" if name in VARIABLES else rf"\b(?:{contents})\s*\.\s*{name}"
        said = re.findall(rf"{of}\s*[=!]=\s*{_WORD}", when)
        said += re.findall(rf"{_WORD}\s*[=!]=\s*{of}\b", when)
        for words in re.findall(rf"{of}\s+in\s*\[([^\]]*)\]", when):
            said += [one[1:-1] for one in _STRING.findall(words)]
        for word in said:
            if word not in known:
                yield f"unknown word {word!r} for {name}; known are {', '.join(sorted(known))}"
