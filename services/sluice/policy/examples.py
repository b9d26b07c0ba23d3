"""Examples of a policy: requests whose checks said this or that, and what must come of them.

docs/policy.md has the form. Nothing here is content: an example says what the checks saw, and its name says in words
what that stands for.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sluice.categories import CATEGORIES
from sluice.errors import ConfigError
from sluice.policy.condition import AGE_BANDS, KINDS, OPERATIONS, PERSONS, ROLES, STAGES
from sluice.policy.model import Policy, Severity
from sluice.policy.parse import Node, read
from sluice.v1.verdict_pb2 import Status

STATUSES = frozenset({"NO_ANSWER", *(name.removeprefix("STATUS_") for name, number in Status.items() if number)})
"""What a check can answer, and that it does not."""

BUILT_IN = frozenset({"incomplete", "unprocessable", "overloaded", "prompt-not-allowed", "generation-id-required"})
"""Rules that no file writes (docs/policy.md, how a decision comes about)."""

_ACTIONS = frozenset(severity.name for severity in Severity)
_CASE = frozenset({"name", "cites", "request", "action", "fires", "quiet"})
_REQUEST = frozenset({"stage", "operation", "age_band", "tenant", "contents", "prompt_decision", "released"})
_CONTENT = frozenset({"role", "kind", "person", "scores", "signals", "known_csam", "matches", "statuses"})
_MATCH = frozenset({"list", "entry", "kind", "method"})
_CITE = re.compile(r"[IVO][0-9]+")


@dataclass(frozen=True, slots=True)
class Match:
    """An entry of a list that a content matched. `method`: "style" where a style is asked for, else "name"."""

    list: str
    entry: str
    kind: str
    method: str = "name"


@dataclass(frozen=True, slots=True)
class SeenContent:
    """What the checks saw of one content. `statuses`: checks that did not answer OK."""

    role: str
    kind: str
    person: str = "NONE"
    scores: Mapping[str, float] = field(default_factory=dict)
    signals: Mapping[str, float] = field(default_factory=dict)
    known_csam: bool = False
    matches: Sequence[Match] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """A request and what must come of it. `fires`, `quiet`: ids of rules that must and must not fire.

    `prompt_decision`: OUTPUT only, what was decided of its prompt; empty where the request stands alone.
    """

    file: str
    line: int
    name: str
    cites: Sequence[str]
    stage: str
    operation: str
    age_band: str
    tenant: str
    contents: Sequence[SeenContent]
    prompt_decision: str
    released: bool
    action: str
    fires: Sequence[str]
    quiet: Sequence[str]


def read_examples(folder: Path, policy: Policy) -> Sequence[Example]:
    """The examples in a folder's *.yaml files, by file name. ConfigError with every problem of every file.

    Rules and checks that the policy does not have are problems too: an example of a rule that is gone is a mistake.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise ConfigError([f"{folder}: no *.yaml with examples is here"])
    examples: list[Example] = []
    problems: list[str] = []
    for path in files:
        try:
            root, _ = read(path)
            found = [_example(item, path, policy) for item in _cases(root)]
            root.problems.finish()
        except ConfigError as error:
            problems += error.problems
        else:
            examples += found
    if problems:
        raise ConfigError(problems)
    return examples


def _cases(root: Node) -> Sequence[Node]:
    top = root.mapping(frozenset({"examples"}))
    if "examples" not in top:
        root.problem("'examples' is missing")
        return ()
    return top["examples"].items()


def _example(node: Node, path: Path, policy: Policy) -> Example:
    entries = node.mapping(_CASE)
    for name in ("name", "cites", "request", "action"):
        if name not in entries:
            node.problem(f"{name!r} is missing")
    rules = BUILT_IN | {rule.id for rule in policy.rules}
    request = entries["request"].mapping(_REQUEST) if "request" in entries else {}
    checks = policy.required_checks() | policy.own_checks.keys()
    contents = request["contents"].items() if "contents" in request else ()
    if not contents and "request" in entries:
        node.problem("a request needs contents")
    cites = entries.get("cites")
    for one in cites.items() if cites else ():
        if not _CITE.fullmatch(one.text()):
            one.problem(f"{one.text()!r} is no id of a statement, such as I9")
    return Example(
        file=str(path),
        line=node.line,
        name=_word(entries, "name"),
        cites=cites.words() if cites else (),
        stage=_choice(request, "stage", STAGES, "PROMPT"),
        operation=_choice(request, "operation", OPERATIONS, "GENERATE"),
        age_band=_choice(request, "age_band", AGE_BANDS, "UNKNOWN"),
        tenant=_word(request, "tenant"),
        contents=[_content(content, checks) for content in contents],
        prompt_decision=_choice(request, "prompt_decision", _ACTIONS, ""),
        released="released" in request and request["released"].flag(),
        action=_choice(entries, "action", _ACTIONS, "BLOCK"),
        fires=_rules(entries, "fires", rules),
        quiet=_rules(entries, "quiet", rules),
    )


def _content(node: Node, checks: Collection[str]) -> SeenContent:
    entries = node.mapping(_CONTENT)
    if "role" not in entries:
        node.problem("'role' is missing")
    role = _choice(entries, "role", ROLES, "PROMPT")
    kind = "text" if role in ("PROMPT", "TRANSCRIPT") else "image"
    scores = entries["scores"].mapping(frozenset(CATEGORIES)) if "scores" in entries else {}
    signals = entries["signals"].mapping() if "signals" in entries else {}
    statuses = entries["statuses"].mapping(frozenset(checks)) if "statuses" in entries else {}
    return SeenContent(
        role=role,
        kind=_choice(entries, "kind", KINDS, kind),
        person=_choice(entries, "person", PERSONS, "NONE"),
        scores={category: score.fraction() for category, score in scores.items()},
        signals={name: signal.number() for name, signal in signals.items()},
        known_csam="known_csam" in entries and entries["known_csam"].flag(),
        matches=[_match(match) for match in entries["matches"].items()] if "matches" in entries else (),
        statuses={name: status.choice(STATUSES, "ERROR") for name, status in statuses.items()},
    )


def _match(node: Node) -> Match:
    entries = node.mapping(_MATCH)
    method = _word(entries, "method") if "method" in entries else "name"
    return Match(_word(entries, "list"), _word(entries, "entry"), _word(entries, "kind"), method)


def _rules(entries: Mapping[str, Node], key: str, known: Collection[str]) -> Sequence[str]:
    for one in entries[key].items() if key in entries else ():
        if one.text() not in known:
            one.problem(f"unknown rule {one.text()!r}")
    return entries[key].words() if key in entries else ()


def _choice(entries: Mapping[str, Node], key: str, choices: frozenset[str], default: str) -> str:
    return entries[key].choice(choices, default) if key in entries else default


def _word(entries: Mapping[str, Node], key: str) -> str:
    return entries[key].text() if key in entries else ""
