"""Reads a policy file: all of it good, or every mistake in it named with file and line."""

import hashlib
import re
from pathlib import Path

import cel

from sluice.categories import CATEGORIES
from sluice.policy.facts import FUNCTIONS, VARIABLES, Answer, Facts, content_facts
from sluice.policy.model import MOST_DEADLINE_MS, Policy, Rule, Severity, StagePolicy, is_about_known_csam
from sluice.policy.parse import Node, read
from sluice.policy.view import RuleError, RuleView
from sluice.v1.request_pb2 import Role, Stage
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult, Person

_TOP = frozenset({"version", "stages", "rules", "thresholds", "require", "require_generation_id"})
_STAGE = frozenset({"deadline", "max_deadline", "on_incomplete", "checks"})
_RULE = frozenset({"id", "action", "when", "terminal", "report", "label", "labels", "cites"})
_STAGES = {"PROMPT": Stage.STAGE_PROMPT, "OUTPUT": Stage.STAGE_OUTPUT}
_ROLES = {name.removeprefix("ROLE_"): number for name, number in Role.items() if number}
_MINORS = frozenset({"UNDER_13", "TEEN"})
_PICTURES = frozenset({"UPLOAD", "GENERATED"})
_BANDS = frozenset({"default", "UNDER_13", "TEEN", "ADULT"})
_SEVERITIES = frozenset(severity.name for severity in Severity)
_MACROS = frozenset({"size", "has", "all", "exists", "exists_one", "map", "filter", "startsWith", "endsWith"})


def load(path: Path) -> Policy:
    """The policy in a file. ConfigError with every problem.

    What is not caught: a condition whose types fit but whose meaning is wrong, and a field that is only
    reached by contents unlike the probe (two pictures and a text with one match, one score and one signal).
    """
    root, data = read(path)
    top = root.mapping(_TOP)
    for name in ("version", "stages", "rules", "thresholds"):
        if name not in top:
            root.problem(f"{name!r} is missing")
    thresholds = _thresholds(top["thresholds"]) if "thresholds" in top else {}
    stages = _stages(top["stages"]) if "stages" in top else {}
    rules = _rules(top["rules"], thresholds.get("default", {})) if "rules" in top else ()
    require = _categories(top["require"]) if "require" in top else ()
    policy = Policy(
        version=top["version"].text() if "version" in top else "",
        digest=hashlib.sha256(data).digest(),
        stages=stages,
        rules=rules,
        thresholds=thresholds,
        require=require,
        require_generation_id="require_generation_id" in top and top["require_generation_id"].flag(),
    )
    root.problems.finish()
    return policy


def _stages(node: Node) -> dict["Stage.ValueType", StagePolicy]:
    found = node.mapping(frozenset(_STAGES))
    for name in _STAGES:
        if name not in found:
            node.problem(f"stage {name} is missing")
    return {_STAGES[name]: _stage(stage) for name, stage in found.items()}


def _stage(node: Node) -> StagePolicy:
    entries = node.mapping(_STAGE)
    for name in _STAGE:
        if name not in entries:
            node.problem(f"{name!r} is missing")
    most = entries["max_deadline"].duration_ms(MOST_DEADLINE_MS) if "max_deadline" in entries else 0
    default = entries["deadline"].duration_ms(MOST_DEADLINE_MS) if "deadline" in entries else 0
    if default > most:
        node.problem("deadline is longer than max_deadline")
    on_incomplete = Severity.BLOCK
    if "on_incomplete" in entries:
        on_incomplete = Severity[entries["on_incomplete"].choice(frozenset({"BLOCK", "REVIEW"}), "BLOCK")]
    checks: dict[int, tuple[str, ...]] = {}
    if "checks" in entries:
        for role, names in entries["checks"].mapping(frozenset(_ROLES)).items():
            checks[_ROLES[role]] = names.words()
            if not checks[_ROLES[role]]:
                names.problem("every content needs at least one required check")
            # Card I8, I10: all uploads and outputs are matched; no file may leave that out.
            if role in _PICTURES and "hash" not in checks[_ROLES[role]]:
                names.problem("pictures must be matched against known content: 'hash' is required")
    return StagePolicy(default, most, on_incomplete, checks)


def _thresholds(node: Node) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for band, values in node.mapping(_BANDS).items():
        found[band] = {}
        for category, value in values.mapping(frozenset(CATEGORIES)).items():
            found[band][category] = value.fraction()
            if band == "default":
                continue
            usual = found.get("default", {}).get(category)
            if usual is None:
                value.problem("has no default threshold above it")
            elif band in _MINORS and found[band][category] > usual:
                value.problem(f"is laxer for minors than the default of {usual}")
    if "default" not in found:
        node.problem("'default' is missing")
    return found


def _categories(node: Node) -> tuple[str, ...]:
    words = node.words()
    for word in words:
        if word not in CATEGORIES:
            node.problem(f"unknown category {word!r}")
    return words


def _rules(node: Node, thresholds: dict[str, float]) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    seen: set[str] = set()
    for item in node.items():
        rule = _rule(item, thresholds)
        if rule is None:
            continue
        if rule.id in seen:
            item.problem(f"rule id {rule.id!r} is used twice")
        seen.add(rule.id)
        rules.append(rule)
    # The floor that no file can take away: a match with known CSAM blocks at once and is reported (card I8, I10).
    if not any(_is_csam_floor(rule) for rule in rules):
        node.problem(
            "a rule with when: 'contents.exists(c, c.known_csam)' that is BLOCK, terminal and report is required"
        )
    return tuple(rules)


def _is_csam_floor(rule: Rule) -> bool:
    return is_about_known_csam(rule.when) and rule.action is Severity.BLOCK and rule.terminal and rule.report


def _rule(node: Node, thresholds: dict[str, float]) -> Rule | None:
    entries = node.mapping(_RULE)
    missing = {"id", "action", "when"} - entries.keys()
    if missing:
        node.problem(f"{', '.join(sorted(missing))} missing")
        return None
    when = entries["when"].text()
    program = _compile(entries["when"], when, thresholds)
    if program is None:
        return None
    action = Severity[entries["action"].choice(_SEVERITIES, "BLOCK")]
    labels = entries["labels"].words() if "labels" in entries else ()
    if "label" in entries:
        labels = (entries["label"].text(), *labels)
    return Rule(
        id=entries["id"].text(),
        action=action,
        when=when,
        program=program,
        terminal="terminal" in entries and entries["terminal"].flag(),
        report="report" in entries and entries["report"].flag(),
        labels=labels,
        cites=entries["cites"].words() if "cites" in entries else (),
    )


def _compile(node: Node, when: str, thresholds: dict[str, float]) -> cel.Program | None:
    try:
        program = cel.compile(when)
    except ValueError as error:
        node.problem(f"not CEL: {str(error).splitlines()[0]}")
        return None
    bound = set(re.findall(r"\.(?:exists|exists_one|all|filter|map)\(\s*(\w+)\s*,", when))
    good = True
    for name in program.variables():
        if name not in VARIABLES | bound:
            node.problem(f"unknown variable {name!r}; known are {', '.join(sorted(VARIABLES))}")
            good = False
    for name in program.functions():
        if re.fullmatch(r"\w+", name) and not name.startswith("_") and name not in FUNCTIONS | _MACROS:
            node.problem(f"unknown function {name!r}; known are {', '.join(sorted(FUNCTIONS | _MACROS))}")
            good = False
    for function, category in re.findall(r"\b(score|threshold)\(\s*[\"']([^\"']*)[\"']\s*\)", when):
        if category not in CATEGORIES:
            node.problem(f"unknown category {category!r}")
            good = False
        elif function == "threshold" and category not in thresholds:
            node.problem(f"no default threshold for {category!r}")
            good = False
    if good:
        good = _probe(node, program, thresholds)
    return program if good else None


def _probe(node: Node, program: cel.Program, thresholds: dict[str, float]) -> bool:
    """Runs a rule against made-up contents of the declared shape: fields and types show at load, not at night."""
    result = ContentResult(content_id="c0", status=STATUS_OK, person=Person.PERSON_CHILD)
    result.scores.update({"sexual": 0.5})
    result.signals.update({"photoreal": 0.5})
    result.matches.add(list="probe", entry="1", kind="name", method="name")
    answers = [Answer("probe", "c0", result, {})]
    text = content_facts("c0", "PROMPT", "text", answers)
    upload, generated = (content_facts("c0", role, "image", answers) for role in ("UPLOAD", "GENERATED"))
    for stage in _STAGES:
        contents = [text, upload, generated]
        facts = Facts(stage, "EDIT", "TEEN", "probe", contents, [upload], [generated], {}, thresholds)
        try:
            RuleView(facts, answers).holds(program)
        except RuleError as error:
            node.problem(f"fails on a probe: {error}")
            return False
    return True
