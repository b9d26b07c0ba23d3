"""The report of a run over labelled texts or pictures: its tables and curves, and the same for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation import categories, compare, curves, gates, metrics, person
from evaluation.cases import Medium
from evaluation.files import Bad
from evaluation.judged import Outcome
from evaluation.table import Document, Table
from sluice.check import ModelInfo
from sluice.policy.model import Policy
from sluice.shares import Share

GROUPS = ("source", "area", "lang")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Run:
    """What a run found. `policy`: whose thresholds risk is reckoned by. `by`: columns whose groups get a table."""

    medium: Medium
    road: str
    files: tuple[str, ...]
    outcomes: Sequence[Outcome]
    bad: Sequence[Bad]
    policy: Policy
    models: Sequence[ModelInfo]
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report, drawn and as JSON; `passed`: whether every gate held."""

    document: Document
    form: Mapping[str, object]
    passed: bool


def make(run: Run, least: gates.Least, baseline: Sequence[compare.Marked] | None) -> Report:
    """The report of a run. `baseline`: the rows of an earlier one."""
    outcomes = run.outcomes
    all_rows = metrics.rates(outcomes)
    by = {name: metrics.grouped_rates(outcomes, name) for name in run.by}
    by = {name: groups for name, groups in by.items() if groups.keys() - {metrics.NONE}}
    marked = compare.marks(outcomes, GROUPS[:2])
    differences = None if baseline is None else compare.compare(baseline, marked, GROUPS[:2])
    held = gates.gates(least, all_rows, differences, len(run.bad))
    ranked = [*categories.ranked(outcomes)]
    any_row = categories.ranked_any(outcomes, run.policy)
    shown = [*ranked, any_row] if any_row.both else ranked
    has_people = any(row.case.person is not None for row in outcomes)

    tables = [metrics.rates_table("All rows", "", {"all": all_rows})]
    tables += [metrics.rates_table(f"By {name}", name, groups) for name, groups in by.items()]
    tables += [person.person_table(outcomes)] if has_people else []
    tables += [metrics.rules_table(outcomes)]
    tables += [categories.categories_table(shown)] if shown else []
    tables += [curves.trade_table(any_row)] if any_row.both else []
    tables += [compare.differences_table(differences)] if differences is not None else []
    tables += [_bad_table(run.bad)] if run.bad else []
    tables += [_undecided_table(outcomes)] if all_rows.undecided else []
    tables += [gates.gates_table(held)]
    charts = [curves.sweep_chart(any_row)] if len(any_row.truth) else []
    charts += [curves.precision_recall_chart(shown), curves.reliability_chart(ranked)] if shown else []

    counts = _counts(run, all_rows)
    digests = sorted({row.judged.policy for row in outcomes if row.judged.policy})
    facts = [
        ("files", ", ".join(run.files)),
        ("road", run.road),
        ("rows", ", ".join(f"{value} {name}" for name, value in counts.items())),
        ("policy", f"{', '.join(digests)} (thresholds of {run.policy.version})"),
        (
            "models",
            ", ".join(f"{m.name} {m.version} {m.digest.hex()[:12]}" for m in run.models) or "those of the stack",
        ),
    ]
    form: dict[str, object] = {
        "format": 1,
        "kind": run.medium,
        "road": run.road,
        "files": list(run.files),
        "policy": {"digests": digests, "version": run.policy.version},
        "models": [{"name": m.name, "version": m.version, "digest": m.digest.hex()} for m in run.models],
        "counts": counts,
        "metrics": {"all": rates_json(all_rows), **{name: _group_json(groups) for name, groups in by.items()}},
        "categories": categories.categories_json(shown),
        "persons": person.person_json(outcomes) if has_people else None,
        "differences": None if differences is None else [_difference_json(one) for one in differences],
        "gates": [{"name": gate.name, "found": gate.found, "held": gate.held} for gate in held],
        "unreadable": [{"where": bad.where, "why": bad.why} for bad in run.bad],
        "rows": compare.marks_json(marked),
    }
    title = "How texts were judged" if run.medium == "text" else "How pictures were judged"
    return Report(Document(title, facts, tables, charts), form, all(gate.held for gate in held))


def rates_json(rates: metrics.Rates) -> dict[str, object]:
    """Both metrics of some rows."""
    return {
        "not_unsafe": share_json(rates.not_unsafe),
        "not_overrefuse": share_json(rates.not_overrefuse),
        "incomplete": rates.incomplete,
        "undecided": rates.undecided,
    }


def share_json(share: Share) -> dict[str, object]:
    """A share with its 95 % interval; `value` is null where there are no rows."""
    low, high = share.interval()
    return {"hits": share.hits, "n": share.n, "value": share.value, "low": low, "high": high}


def bad_lines(bad: Sequence[Bad]) -> list[str]:
    """What could not be read, for standard error: the first few by place, and how many there are."""
    lines = [f"{one.where}: {one.why}" for one in bad[:_SHOWN]]
    if len(bad) > _SHOWN:
        lines.append(f"and {len(bad) - _SHOWN} more rows that could not be read")
    return lines


def _counts(run: Run, all_rows: metrics.Rates) -> dict[str, int]:
    labels = [row.case.labels for row in run.outcomes if row.case.labels is not None]
    return {
        "read": len(run.outcomes),
        "unreadable": len(run.bad),
        "without allow or block": sum(row.case.unsafe is None for row in run.outcomes),
        "incomplete": all_rows.incomplete,
        "undecided": all_rows.undecided,
        "with labels unknown here": sum(one.unknown > 0 for one in labels),
    }


def _group_json(groups: Mapping[str, metrics.Rates]) -> dict[str, object]:
    return {name: rates_json(rates) for name, rates in groups.items()}


def _difference_json(one: compare.Difference) -> dict[str, object]:
    return {
        "group": one.group,
        "metric": one.metric,
        "before": share_json(one.before),
        "now": share_json(one.after),
        "test": one.test,
        "regressed": one.regressed,
    }


def _bad_table(bad: Sequence[Bad]) -> Table:
    rows = [(one.where, one.why) for one in bad[:_SHOWN]]
    note = f"{len(bad)} in all; report.json names every one." if len(bad) > _SHOWN else ""
    return Table("Rows that could not be read", ("where", "why"), rows, note)


def _undecided_table(outcomes: Sequence[Outcome]) -> Table:
    rows = [(row.case.where, row.judged.error) for row in outcomes if not row.judged.action]
    note = f"{len(rows)} in all." if len(rows) > _SHOWN else ""
    return Table("Rows that nobody decided", ("where", "why"), rows[:_SHOWN], note)
