"""One run of the photorealistic-person table."""

from collections.abc import Sequence
from pathlib import Path

from evaluation.files import Bad
from evaluation.judged import Outcome
from evaluation.person import answers_table, person_json, person_table
from evaluation.report import bad_lines
from evaluation.run import Options, gather, judge_through_stack
from evaluation.table import Document, Table
from evaluation.write import make_folder, put
from sluice.cli.tell import USAGE, say


def run_persons(files: Sequence[Path], options: Options) -> int:
    """0 where every picture was read and answered for, 1 otherwise, 2 where there is none. Raises as `run.run`."""
    make_folder(options.out)
    found = gather(files, "images", options.stage)
    bad = [*found.bad, *(Bad(case.where, "no person label") for case in found.cases if case.person is None)]
    cases = [case for case in found.cases if case.person is not None]
    for line in bad_lines(bad):
        say(line)
    if not cases:
        say(f"no picture with a person label in {', '.join(map(str, files))}")
        return USAGE
    answers, _, _ = judge_through_stack(cases, options)
    outcomes = [Outcome(case, answer) for case, answer in zip(cases, answers, strict=True)]
    silent = [row for row in outcomes if row.judged.person is None]
    rows = [(row.case.where, row.judged.error or ", ".join(row.judged.rules)) for row in silent]
    tables = [person_table(outcomes), answers_table(outcomes)]
    if rows:
        tables.append(Table("Without an answer", ("where", "why"), rows))
    form: dict[str, object] = {
        "format": 1,
        "kind": "person",
        "files": [path.name for path in files],
        "counts": {"read": len(cases), "unreadable": len(bad), "unanswered": len(silent)},
        "persons": person_json(outcomes),
        "unreadable": [{"where": one.where, "why": one.why} for one in bad],
    }
    facts = [("files", ", ".join(path.name for path in files)), ("unreadable rows", str(len(bad)))]
    put(Document("Photorealistic persons", facts, tables), form, options.as_json, options.out)
    return 1 if bad or silent else 0
