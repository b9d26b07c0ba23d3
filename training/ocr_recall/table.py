"""The figures as Markdown, and their place in the page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sluice.shares import Share
from training.ocr_recall.measure import Seen

BEGIN: Final = "<!-- ocr-recall: begin -->"
END: Final = "<!-- ocr-recall: end -->"
HEAD: Final = (
    "| how it is drawn | words read | unsafe: blocked as text | as picture | harmless: allowed as text | as picture "
    "| CPU ms |\n|---|--:|--:|--:|--:|--:|--:|"
)


def table(seen: Mapping[str, Sequence[Seen]]) -> str:
    """A line for every way, and one for all of them with 95 % intervals."""
    lines = [HEAD, *(_line(name, found) for name, found in seen.items())]
    every = [one for found in seen.values() for one in found]
    return "\n".join([*lines, _line("**all**", every), "", _sum(every)])


def _line(name: str, seen: Sequence[Seen]) -> str:
    unsafe, harmless = [one for one in seen if not one.allow], [one for one in seen if one.allow]
    cells = (
        f"{100 * sum(one.recall for one in seen) / len(seen):.1f} %",
        _share([one.as_text for one in unsafe]),
        _share([one.as_picture for one in unsafe]),
        _share([not one.as_text for one in harmless]),
        _share([not one.as_picture for one in harmless]),
        f"{sum(one.cpu_ms for one in seen) / len(seen):.0f}",
    )
    return f"| {name} | {' | '.join(cells)} |"


def _sum(seen: Sequence[Seen]) -> str:
    caught = [one.as_picture for one in seen if not one.allow and one.as_text]
    passed = [not one.as_picture for one in seen if one.allow and not one.as_text]
    return (
        f"Of {len(caught)} unsafe pictures whose text is blocked as text, {_with_interval(caught)} are blocked.\n"
        f"Of {len(passed)} harmless ones whose text is allowed as text, {_with_interval(passed)} are allowed."
    )


def _share(hits: Sequence[bool]) -> str:
    return f"{sum(hits)} of {len(hits)}"


def _with_interval(hits: Sequence[bool]) -> str:
    share = Share(sum(hits), len(hits))
    low, high = share.interval()
    return f"{100 * (share.value or 0):.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def put(page: Path, text: str) -> None:
    """Writes the text between the page's marks. Raises ValueError where it has none."""
    found = page.read_text(encoding="utf-8")
    before, begin, rest = found.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.name} has no marks for the table")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
