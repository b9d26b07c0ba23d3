"""The policy file's JSON Schema, for editors that complete and check while somebody types.

It knows names, types and bounds. What takes more (conditions, child safety, thresholds against each other) is
`sluice.policy.load`'s: a file that fits the schema may still be refused.
"""

import json
from collections.abc import Iterable
from typing import Any

from sluice.categories import CATEGORIES
from sluice.policy import load
from sluice.policy.facts import FUNCTIONS, VARIABLES
from sluice.policy.model import MIN_DEADLINE_MS, MOST_DEADLINE_MS, BreakerPolicy, Severity
from sluice.policy.thresholds import KEYS, NAME

Schema = dict[str, Any]
"""A JSON object."""


def schema() -> Schema:
    """The schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sluice policy",
        **_object(
            {
                "version": _word("A word of yours; it stands on every decision"),
                "stages": _object({name: _stage() for name in ("PROMPT", "OUTPUT")}, ("PROMPT", "OUTPUT")),
                "rules": {"type": "array", "items": _rule(), "minItems": 1},
                "thresholds": _table(("default",)),
                "tenants": {
                    "type": "object",
                    "additionalProperties": _object({"thresholds": _table(())}, ("thresholds",)),
                    "description": "Tenants that have thresholds of their own",
                },
                "breaker": _breaker(),
                "require": _list(
                    _category(), "Categories that must have a score wherever a required check could give one"
                ),
                "require_generation_id": _flag("An OUTPUT without generation_id is BLOCK"),
                "own_checks": {
                    "type": "object",
                    "additionalProperties": _list(_category(), "The categories that it scores"),
                    "description": "Your own checks",
                },
            },
            ("version", "stages", "rules", "thresholds"),
        ),
        "$defs": {"thresholds": _thresholds()},
    }


def text() -> str:
    """The file policies/policy.schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _stage() -> Schema:
    duration = {"type": "string", "pattern": "^[0-9]+(ms|s|m)$"}
    most = f"at most {MOST_DEADLINE_MS // 1000}s"
    checks = _list(
        {"type": "string", "minLength": 1}, "Checks that must answer OK: " + ", ".join(sorted(load.CHECKS))
    )
    checks["minItems"] = 1
    fields = {
        "deadline": {**duration, "description": f"Where a request does not ask for another; {most}"},
        "min_deadline": {
            **duration,
            "description": f"The least that a request gets; {MIN_DEADLINE_MS // 1000}s if not said, at most deadline",
        },
        "max_deadline": {**duration, "description": f"The most that a request can ask for; {most}"},
        "on_incomplete": {"enum": ["BLOCK", "REVIEW"], "description": "What a missing answer means"},
        "checks": _object(dict.fromkeys(sorted(load.ROLES), checks), ()),
    }
    return _object(fields, [name for name in fields if name != "min_deadline"])


def _rule() -> Schema:
    names = ", ".join(sorted(VARIABLES)) + "; " + ", ".join(f'{name}("...")' for name in sorted(FUNCTIONS))
    fields = {
        "id": _word("Stands in the decision's reasons; once in a file"),
        "action": {"enum": [severity.name for severity in reversed(Severity)]},
        "when": {"type": "string", "minLength": 1, "description": f"A condition in CEL about {names}"},
        "terminal": _flag("Decides as soon as it fires"),
        "report": _flag("A record on moderation.incidents when it fires"),
        "child_safety": _flag(
            "No breaker softens it; so it is with rules that every policy needs, terminal, reported"
        ),
        "label": _word("Put on the decision when the rule fires"),
        "labels": _list({"type": "string", "minLength": 1}, "Put on the decision when the rule fires"),
        "cites": _list({"type": "string", "minLength": 1}, "Ids of the statements that the rule stands on"),
    }
    return _object(fields, ("id", "action", "when"))


def _table(required: Iterable[str]) -> Schema:
    return _object({key: {"$ref": "#/$defs/thresholds"} for key in sorted(KEYS)}, required)


def _thresholds() -> Schema:
    value = {"type": "number", "minimum": 0, "maximum": 1}
    # Categories for who completes, and names of the file's own.
    return {
        "type": "object",
        "properties": dict.fromkeys(CATEGORIES, value),
        "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        "additionalProperties": value,
    }


def _breaker() -> Schema:
    usual = BreakerPolicy()
    duration = {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"}
    fields = {
        "times": {
            "type": "number",
            "minimum": load.LEAST_TIMES,
            "description": f"It opens at so many times the usual BLOCKs; {usual.times:g} if not said",
        },
        "least": {
            "type": "integer",
            "minimum": load.LEAST_BLOCKS,
            "description": f"And at so many BLOCKs in the window at least; {usual.least} if not said",
        },
        "window": {**duration, "description": "Over which BLOCKs are counted; 1m if not said"},
        "usual": {
            **duration,
            "description": f"Over which the usual rate is taken; {load.LEAST_WINDOWS} windows or more; 1h by default",
        },
        "hold": {**duration, "description": "How long it stays open; 5m if not said"},
    }
    return _object(fields, ())


def _category() -> Schema:
    return {"enum": list(CATEGORIES)}


def _list(item: Schema, description: str) -> Schema:
    return {"type": "array", "items": item, "description": description}


def _flag(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def _word(description: str) -> Schema:
    # 7 and 2026-11-21 are words too: YAML reads a number and a date.
    return {"type": ["string", "number"], "description": description}


def _object(fields: Schema, required: Iterable[str]) -> Schema:
    return {"type": "object", "properties": fields, "required": list(required), "additionalProperties": False}
