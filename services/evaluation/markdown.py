"""A report as Markdown, which is also what the command prints: its columns line up."""

from collections.abc import Sequence

from evaluation.table import Document, Table


def table_text(table: Table) -> str:
    """A heading, a padded Markdown table, and the note."""
    right = [column.startswith(">") for column in table.columns]
    head = [column.removeprefix(">") for column in table.columns]
    body = [[_cell(cell) for cell in row] for row in table.rows]
    widths = [max(3, *(len(row[at]) for row in [head, *body])) for at in range(len(head))]
    rule = [
        ("-" * (width - 1) + ":") if is_right else "-" * width for width, is_right in zip(widths, right, strict=True)
    ]
    lines = [f"## {table.title}", "", _line(head, widths, right), _line(rule, widths, right)]
    lines += [_line(row, widths, right) for row in body]
    if not body:
        lines = [lines[0], "", "Nothing."]
    return "\n".join(lines + (["", table.note] if table.note else [])) + "\n"


def document_text(document: Document) -> str:
    """The whole report. Curves are in the HTML alone."""
    facts = [f"- {name}: {_cell(value)}" for name, value in document.facts]
    parts = [f"# {document.title}\n", "\n".join(facts) + "\n"] if facts else [f"# {document.title}\n"]
    return "\n".join(parts + [table_text(table) for table in document.tables])


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        cell.rjust(width) if is_right else cell.ljust(width)
        for cell, width, is_right in zip(cells, widths, right, strict=True)
    ]
    return "| " + " | ".join(padded) + " |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
