"""Reads a policy file: all of it good, or every mistake in it named with file and line."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path

from sluice.categories import CATEGORIES
from sluice.policy.condition import compile_condition, thresholds_asked
from sluice.policy.examples import BUILT_IN
from sluice.policy.floor import is_about_children, weakened
from sluice.policy.load_thresholds import ThresholdReader
from sluice.policy.model import MIN_DEADLINE_MS, MOST_DEADLINE_MS, BreakerPolicy, Policy, Rule, Severity, StagePolicy
from sluice.policy.parse import LONGEST, Node, read
from sluice.policy.probe import Probe, probes
from sluice.v1.request_pb2 import Role, Stage

CHECKS = frozenset({"text", "image_text", "image", "person", "hash"})
"""The checks that ship."""

_TOP = frozenset(
    {
        "version",
        "stages",
        "rules",
        "thresholds",
        "tenants",
        "breaker",
        "require",
        "require_generation_id",
        "own_checks",
    }
)
_STAGE = frozenset({"deadline", "max_deadline", "on_incomplete", "checks"})
_STAGE_MAY = frozenset({"min_deadline"})
_RULE = frozenset({"id", "action", "when", "terminal", "report", "child_safety", "label", "labels", "cites"})
_BREAKER = frozenset({"times", "least", "window", "usual", "hold"})
_STAGES = {"PROMPT": Stage.STAGE_PROMPT, "OUTPUT": Stage.STAGE_OUTPUT}
ROLES = {name.removeprefix("ROLE_"): number for name, number in Role.items() if number}
_ID = re.compile(rf"[A-Za-z0-9._/:-]{{1,{LONGEST}}}")
_CHECK = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PICTURES = frozenset({"UPLOAD", "GENERATED"})
_SEVERITIES = frozenset(severity.name for severity in Severity)
LEAST_TIMES = 1.5
"""A breaker that opens at fewer times what is usual would open on ordinary days."""
LEAST_BLOCKS = 5
MOST_WINDOW_MS, MOST_USUAL_MS, MOST_HOLD_MS = 3_600_000, 24 * 3_600_000, 24 * 3_600_000
LEAST_WINDOWS = 5
"""What is usual is known from so many windows at least."""


def load(path: Path, data: bytes | None = None) -> Policy:
    """The policy in a file; `data`: its bytes where they were read already. ConfigError with every problem.

    What is not caught: a condition whose types fit but whose meaning is wrong, and a field that is only
    reached by contents unlike the probes (`sluice.policy.probe`).
    """
    root, data = read(path, data)
    top = root.mapping(_TOP)
    for name in ("version", "stages", "rules", "thresholds"):
        if name not in top:
            root.problem(f"{name!r} is missing")
    thresholds = ThresholdReader()
    if "thresholds" in top:
        thresholds.read_file(top["thresholds"])
    if "tenants" in top:
        thresholds.read_tenants(top["tenants"])
    own_checks = _own_checks(top["own_checks"]) if "own_checks" in top else {}
    stages = _stages(top["stages"], CHECKS | own_checks.keys()) if "stages" in top else {}
    # Of stages that cannot be read, or cover nothing, nothing is known: the rules must do for all.
    covered = _roles(stages) or frozenset(ROLES)
    rules, asked = _rules(top["rules"], thresholds.default, covered) if "rules" in top else ((), set())
    thresholds.check(asked)
    require = _categories(top["require"]) if "require" in top else ()
    policy = Policy(
        version=top["version"].printed() if "version" in top else "",
        digest=hashlib.sha256(data).digest(),
        stages=stages,
        rules=rules,
        thresholds=thresholds.file,
        tenants=thresholds.tenants,
        breaker=_breaker(top["breaker"]) if "breaker" in top else None,
        require=require,
        require_generation_id="require_generation_id" in top and top["require_generation_id"].flag(),
        own_checks=own_checks,
    )
    root.problems.finish()
    return policy


def _own_checks(node: Node) -> dict[str, tuple[str, ...]]:
    found = {name: _categories(scored) for name, scored in node.mapping().items()}
    for name in found:
        if name in CHECKS:
            node.problem(f"check {name!r} ships; own_checks names yours")
        elif not _CHECK.fullmatch(name):
            node.problem(f"{name!r} is no name of a check: letters, digits, '.', '_' and '-', 64 at most")
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
    entries = node.mapping(_STAGE | _STAGE_MAY)
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
            for at, (item, check) in enumerate(zip(names.items(), checks[ROLES[role]], strict=True)):
                if check and check in checks[ROLES[role]][:at]:
                    item.problem(f"check {check!r} is here twice")
                if check and check not in known:
                    item.problem(
                        f"unknown check {check!r}; known are {', '.join(sorted(known))}; own_checks names yours"
                    )
            if not checks[ROLES[role]]:
                names.problem("every content needs at least one required check")
            # Card I8, I10: all uploads and outputs are matched; no file may leave that out.
            if role in _PICTURES and "hash" not in checks[ROLES[role]]:
                names.problem("pictures must be matched against known content: 'hash' is required")
    return StagePolicy(default, most, on_incomplete, checks, _least(entries, default))


def _least(stage: Mapping[str, Node], default: int) -> int:
    """Milliseconds that every request gets."""
    if "min_deadline" not in stage:
        return min(MIN_DEADLINE_MS, default)
    found = stage["min_deadline"].duration_ms(MOST_DEADLINE_MS)
    if found > default:
        stage["min_deadline"].problem("min_deadline is longer than deadline")
    return found


def _breaker(node: Node) -> BreakerPolicy:
    usual = BreakerPolicy()
    entries = node.mapping(_BREAKER)
    times, least = usual.times, usual.least
    if "times" in entries:
        times = entries["times"].number()
        if times < LEAST_TIMES:
            entries["times"].problem(f"should be {LEAST_TIMES} or more")
    if "least" in entries:
        least = entries["least"].whole()
        if least < LEAST_BLOCKS:
            entries["least"].problem(f"should be {LEAST_BLOCKS} or more")
    window = entries["window"].duration_ms(MOST_WINDOW_MS, 1000) if "window" in entries else usual.window_ms
    known = entries["usual"].duration_ms(MOST_USUAL_MS, 1000) if "usual" in entries else usual.usual_ms
    hold = entries["hold"].duration_ms(MOST_HOLD_MS, 1000) if "hold" in entries else usual.hold_ms
    if known < LEAST_WINDOWS * window:
        entries.get("usual", node).problem(f"usual should be {LEAST_WINDOWS} windows or more")
    return BreakerPolicy(times, least, window, known, hold)


def _categories(node: Node) -> tuple[str, ...]:
    words = node.words()
    for word in words:
        if word not in CATEGORIES:
            node.problem(f"unknown category {word!r}")
    return words


def _rules(node: Node, thresholds: Mapping[str, float], roles: frozenset[str]) -> tuple[tuple[Rule, ...], set[str]]:
    """The rules, and the names of the thresholds that they ask for, those of rules that are wrong too."""
    rules: list[Rule] = []
    seen: set[str] = set()
    asked: set[str] = set()
    # A threshold that is none has been told; rules that ask for it have no fault of their own.
    requests = probes({name: 0.0 if isnan(value) else value for name, value in thresholds.items()})
    for item in node.items():
        entries = item.mapping(_RULE)
        name = entries["id"].text() if "id" in entries else ""
        if name in seen:
            entries["id"].problem(f"rule id {name!r} is used twice")
        if name in BUILT_IN:
            entries["id"].problem(f"{name!r} is a built-in rule's id")
        elif name and not _ID.fullmatch(name):
            entries["id"].problem(
                f"rule id {name[:LONGEST]!r} should be of A-Z, a-z, 0-9 and . _ / : -, {LONGEST} at most"
            )
        seen |= {name} - {""}
        if "when" in entries:
            asked |= thresholds_asked(entries["when"].text())
        rule = _rule(item, entries, thresholds, requests)
        if rule is not None:
            rules.append(rule)
    for problem in weakened(rules, roles):
        node.problem(problem)
    return tuple(rules), asked


def _rule(
    node: Node, entries: Mapping[str, Node], thresholds: Mapping[str, float], requests: Sequence[Probe]
) -> Rule | None:
    missing = {"id", "action", "when"} - entries.keys()
    if missing:
        node.problem(f"{', '.join(sorted(missing))} missing")
    # Before anything is given up: all problems of a rule are told at once.
    when = entries["when"].text() if "when" in entries else ""
    program = compile_condition(entries["when"], when, thresholds, requests) if when else None
    action = Severity[entries["action"].choice(_SEVERITIES, "BLOCK")] if "action" in entries else Severity.BLOCK
    labels = tuple(label.printed() for label in entries["labels"].items()) if "labels" in entries else ()
    if "label" in entries:
        labels = (entries["label"].printed(), *labels)
    terminal = "terminal" in entries and entries["terminal"].flag()
    report = "report" in entries and entries["report"].flag()
    cites = tuple(cite.printed() for cite in entries["cites"].items()) if "cites" in entries else ()
    stays = terminal or report or (action is Severity.BLOCK and is_about_children(when))
    child_safety = _child_safety(entries, action, stays)
    if program is None or missing:
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
        child_safety=child_safety,
        line=node.line,
    )


def _child_safety(entries: Mapping[str, Node], action: Severity, stays: bool) -> bool:
    """Whether a rule is of child safety. `stays`: it is whatever the file says."""
    said = entries.get("child_safety")
    found = stays if said is None else said.flag()
    if stays and not found and said is not None:
        said.problem(
            "child safety: a rule that every policy needs, asks for csam or sexual/minors, is terminal or reported,"
            " stays one"
        )
    if (found or stays) and action is not Severity.BLOCK:
        entries["action"].problem("child safety: a rule of child safety, terminal or reported, must be BLOCK")
    return found or stays
