"""What `sluice provenance verify` says of a file: a form for programs, lines for people."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.cli.tell import one_line
from sluice.credentials.meanings import meaning
from sluice.credentials.report import Action, IngredientSeen, Report
from sluice.provenance import State

_WORDS = {
    State.TRUSTED: "whole, by a signer who was trusted then",
    State.VALID: "whole, by a signer who was not known then",
    State.INVALID: "not sound when it was put in",
    State.NONE: "it had none",
}
_SHOWN_SERIAL = 40
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Answer:
    """`report`, or `unread`: why there is none."""

    file: str
    report: Report | None = None
    unread: str = ""

    @property
    def trusted(self) -> bool:
        """Whether the picture is what a signer whom the anchors reach says it is."""
        return self.report is not None and self.report.state is State.TRUSTED

    @property
    def reason(self) -> str:
        """Why it is not trusted, in plain words; empty where it is."""
        if self.report is None:
            return self.unread
        if self.report.state is State.NONE:
            return "it has no credentials"
        if self.report.state is State.VALID:
            return "its credentials are whole, but " + meaning("signingCredential.untrusted")
        meanings = dict.fromkeys(meaning(code) for code in self.report.failures)
        return "" if self.trusted else "; ".join(meanings) or "its credentials are not valid"


def as_form(answer: Answer) -> dict[str, object]:
    """One object of JSON. `state` is that of the report, or `unread`."""
    form: dict[str, object] = {
        "file": answer.file,
        "trusted": answer.trusted,
        "state": answer.report.state if answer.report else "unread",
        "reason": answer.reason,
    }
    if answer.report is None:
        return form
    found = answer.report.as_json()
    stamp = {"at": answer.report.stamped_at, "trusted": answer.report.stamp_trusted}
    del found["state"], found["stamped_at"], found["stamp_trusted"]
    return {
        **form,
        **found,
        "failures": [{"code": code, "meaning": meaning(code)} for code in answer.report.failures],
        "soft_bindings": [{"algorithm": name, "value": value} for name, value in answer.report.soft_bindings],
        "timestamp": stamp if answer.report.stamped_at else None,
    }


def as_lines(answer: Answer) -> Sequence[str]:
    """For a terminal; nothing that a stranger wrote steers it."""
    if answer.trusted:
        lines = ["trusted"]
    else:
        lines = [("not read: " if answer.report is None else "not trusted: ") + answer.reason]
    if answer.report is not None:
        lines += [f"{_INDENT}{'failure':<14} {code}: {meaning(code)}" for code in answer.report.failures]
        said = [f"{_INDENT}{name:<14} {value}" for name, value in _rows(answer.report)]
        if said and not answer.trusted:
            lines.append(f"{_INDENT}It says, and nobody who is trusted stands for it:")
        lines += said
    first, *others = [one_line(line) for line in lines]
    return [f"{one_line(answer.file)}: {first}", *others]


def _rows(report: Report) -> Sequence[tuple[str, str]]:
    """Name and value of what is known."""
    if not report.label:
        return ()
    stamp = "none: when it was signed is not proved"
    if report.stamped_at:
        stamp = f"{report.stamped_at} by an authority that is {'' if report.stamp_trusted else 'not '}trusted"
    rows = [
        ("signed by", ", ".join(each for each in (report.signer, report.issuer) if each)),
        ("certificate", f"{report.serial[:_SHOWN_SERIAL]} ({report.algorithm})"),
        ("timestamp", stamp),
        ("made with", report.generator),
        *(("decision" if key == "action" else key.replace("_", " "), told) for key, told in report.decision.items()),
        *(("action", _action(each)) for each in report.actions),
        *(("ingredient", _ingredient(each)) for each in report.ingredients),
        *(("soft binding", f"{name} {value}") for name, value in report.soft_bindings),
        ("passed on", ", ".join(report.gathered)),
        ("manifest", report.label),
    ]
    return [(name, value) for name, value in rows if value]


def _action(action: Action) -> str:
    more = [each for each in (action.source_type, action.agent, action.when) if each]
    return f"{action.name} ({', '.join(more)})" if more else action.name


def _ingredient(ingredient: IngredientSeen) -> str:
    codes = [code for code in ingredient.failures if code != "signingCredential.untrusted"]
    state = _WORDS[ingredient.state] + (f" ({', '.join(codes)})" if codes else "")
    named = ", ".join(each for each in (ingredient.title, ingredient.media_type, ingredient.relationship) if each)
    return f"{named}; credentials: {state}"
