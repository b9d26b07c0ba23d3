"""What became of the inputs: counted by format and outcome, told as a table and as one line of JSON."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ingest.decoder.answer import Reading, Refusal, Trouble

UNFORESEEN = "the decoder failed"
"""What a worker that ended with an exception nobody foresaw is said to have died of."""


def outcome(answer: Reading | Refusal) -> str:
    """One word: "read", a reason of the contract, or what ended the worker."""
    if isinstance(answer, Reading):
        return "read"
    if answer.trouble is Trouble.DECODER_LIMIT:
        return answer.detail.split(":")[0].replace("the decoder was lost", "child lost")
    return "unforeseen" if answer.detail == UNFORESEEN else answer.trouble.lower()


@dataclass(slots=True)
class Tally:
    """Counts. `odd`: number and format of inputs that ended a worker, for a second look."""

    by_format: dict[str, Counter[str]] = field(default_factory=dict)
    odd: list[tuple[int, str, str]] = field(default_factory=list)
    views: int = 0

    def add(self, number: int, form: str, answer: Reading | Refusal) -> None:
        """Counts one answer."""
        word = outcome(answer)
        self.by_format.setdefault(form, Counter())[word] += 1
        if isinstance(answer, Reading):
            self.views += len(answer.views)
        if word in {"unforeseen", "memory", "time", "child lost", "answer too large"} or word.startswith("signal"):
            self.odd.append((number, form, word))

    @property
    def total(self) -> Counter[str]:
        """Over all formats."""
        return sum(self.by_format.values(), Counter())

    def table(self) -> str:
        """As Markdown: a row for each outcome, a column for each format."""
        forms = list(self.by_format)
        total = self.total
        rows = [["", *forms, "all"], ["---", *["--:"] * (len(forms) + 1)]]
        rows.append(["**inputs**", *(f"{self.by_format[form].total():,}" for form in forms), f"{total.total():,}"])
        rows += [
            [word, *(f"{self.by_format[form][word]:,}" for form in forms), f"{count:,}"]
            for word, count in total.most_common()
        ]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def as_json(self) -> dict[str, Any]:
        """The same as data."""
        return {
            "inputs": self.total.total(),
            "views": self.views,
            "outcomes": dict(self.total.most_common()),
            "by_format": {form: dict(counts.most_common()) for form, counts in self.by_format.items()},
            "odd": self.odd[:200],
        }
