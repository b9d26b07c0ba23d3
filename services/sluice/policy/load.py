"""Reads a policy file: all of it good, or every mistake in it named with file and line."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from sluice.categories import CATEGORIES
from sluice.policy.condition import compile_condition
from sluice.policy.floor import MOST, weakened
from sluice.policy.model import MOST_DEADLINE_MS, Policy, Rule, Severity, StagePolicy
from sluice.policy.parse import Node, read
from sluice.policy.probe import Probe, probes
from sluice.v1.request_pb2 import Role, Stage

CHECKS = frozenset({"text", "image_text", "image", "person", "hash"})
"""The checks that ship."""

_TOP = frozenset({"version", "stages", "rules", "thresholds", "require", "require_generation_id", "own_checks"})
_STAGE = frozenset({"deadline", "max_deadline", "on_incomplete", "checks"})
_RULE = frozenset({"id", "action", "when", "terminal", "report", "label", "labels", "cites"})
_STAGES = {"PROMPT": Stage.STAGE_PROMPT, "OUTPUT": Stage.STAGE_OUTPUT}
ROLES = {name.removeprefix("ROLE_"): number for name, number in Role.items() if number}
_MINORS = frozenset({"UNDER_13", "TEEN"})
_PICTURES = frozenset({"UPLOAD", "GENERATED"})
BANDS = frozenset({"default", "UNDER_13", "TEEN", "ADULT"})
_SEVERITIES = frozenset(severity.name for severity in Severity)


def load(path: Path) -> Policy:
    """The policy in a file. ConfigError with every problem.

    What is not caught: a condition whose types fit but whose meaning is wrong, and a field that is only
    reached by contents unlike the probes (`sluice.policy.probe`).
    """
    root, data = read(path)
    top = root.mapping(_TOP)
    for name in ("version", "stages", "rules", "thresholds"):
        if name not in top:
            root.problem(f"{name!r} is missing")
    thresholds = _thresholds(top["thresholds"]) if "thresholds" in top else {}
    own_checks = _own_checks(top["own_checks"]) if "own_checks" in top else {}
    stages = _stages(top["stages"], CHECKS | own_checks.keys()) if "stages" in top else {}
    rules = _rules(top["rules"], thresholds.get("default", {}), _roles(stages)) if "rules" in top else ()
    require = _categories(top["require"]) if "require" in top else ()
    policy = Policy(
        version=top["version"].text() if "version" in top else "",
        digest=hashlib.sha256(data).digest(),
        stages=stages,
        rules=rules,
        thresholds=thresholds,
        require=require,
        require_generation_id="require_generation_id" in top and top["require_generation_id"].flag(),
        own_checks=own_checks,
    )
    root.problems.finish()
    return policy


def _own_checks(node: Node) -> dict[str, tuple[str, ...]]:
    found = {name: _categories(scored) for name, scored in node.mapping().items()}
    for name in found.keys() & CHECKS:
        node.problem(f"check {name!r} ships; own_checks names yours")
    return found


def _roles(stages: Mapping["Stage.ValueType", StagePolicy]) -> frozenset[str]:
    numbers = {role for stage in stages.values() for role in stage.checks}
    return frozenset(name for name, number in ROLES.items() if number in numbers)


def _stages(node: Node, known: frozenset[str]) -> dict["Stage.ValueType", StagePolicy]:
    found = node.mapping(frozenset(_STAGES))
    for name in _STAGES:
        if name not in found:
            node.problem(f"stage {name} is missing")
    return {_STAGES[name]: _stage(stage, known) for name, stage in found.items()}


def _stage(node: Node, known: frozenset[str]) -> StagePolicy:
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
        for role, names in entries["checks"].mapping(frozenset(ROLES)).items():
            checks[ROLES[role]] = names.words()
            for item, check in zip(names.items(), checks[ROLES[role]], strict=True):
                if check and check not in known:
                    item.problem(
                        f"unknown check {check!r}; known are {', '.join(sorted(known))}; own_checks names yours"
                    )
            if not checks[ROLES[role]]:
                names.problem("every content needs at least one required check")
            # Card I8, I10: all uploads and outputs are matched; no file may leave that out.
            if role in _PICTURES and "hash" not in checks[ROLES[role]]:
                names.problem("pictures must be matched against known content: 'hash' is required")
    return StagePolicy(default, most, on_incomplete, checks)


def _thresholds(node: Node) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for band, values in node.mapping(BANDS).items():
        found[band] = {}
        for category, value in values.mapping(frozenset(CATEGORIES)).items():
            found[band][category] = value.fraction()
            most = MOST.get(category, 1.0)
            if found[band][category] > most:
                value.problem(f"child safety: is weaker than {most}, the most for {category!r}")
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


def _rules(node: Node, thresholds: Mapping[str, float], roles: frozenset[str]) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    seen: set[str] = set()
    requests = probes(thresholds)
    for item in node.items():
        entries = item.mapping(_RULE)
        name = entries["id"].text() if "id" in entries else ""
        if name in seen:
            entries["id"].problem(f"rule id {name!r} is used twice")
        seen |= {name} - {""}
        rule = _rule(item, entries, thresholds, requests)
        if rule is not None:
            rules.append(rule)
    for problem in weakened(rules, roles):
        node.problem(problem)
    return tuple(rules)


def _rule(
    node: Node, entries: Mapping[str, Node], thresholds: Mapping[str, float], requests: Sequence[Probe]
) -> Rule | None:
    missing = {"id", "action", "when"} - entries.keys()
    if missing:
        node.problem(f"{', '.join(sorted(missing))} missing")
        return None
    when = entries["when"].text()
    program = compile_condition(entries["when"], when, thresholds, requests)
    # Before anything is given up: all problems of a rule are told at once.
    action = Severity[entries["action"].choice(_SEVERITIES, "BLOCK")]
    labels = entries["labels"].words() if "labels" in entries else ()
    if "label" in entries:
        labels = (entries["label"].text(), *labels)
    terminal = "terminal" in entries and entries["terminal"].flag()
    report = "report" in entries and entries["report"].flag()
    cites = entries["cites"].words() if "cites" in entries else ()
    if program is None:
        return None
    return Rule(
        id=entries["id"].text(),
        action=action,
        when=when,
        program=program,
        terminal=terminal,
        report=report,
        labels=labels,
        cites=cites,
        line=node.line,
    )
