"""A report as one HTML file that fetches nothing and runs nothing."""

from html import escape
from typing import Final

from evaluation.svg import chart_svg
from evaluation.table import Chart, Document, Table

_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1f2328;
  background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #d0d7de; text-align: left }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
p.note { color: #59636e; max-width: 48rem } .wide { overflow-x: auto } dt { float: left; width: 9rem; color: #59636e }
dd { margin-left: 9.5rem } svg { width: 100%; max-width: 46rem; font-size: 12px }
svg path, svg line { stroke-width: 1.6 }
svg text { fill: #59636e } svg .grid { stroke: #d0d7de; stroke-width: .6 }
svg .diagonal { stroke: #8c959f; stroke-dasharray: 4 4; stroke-width: 1 }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117 }
  th, td { border-color: #30363d } p.note, dt { color: #9198a1 } svg text { fill: #9198a1 }
  svg .grid { stroke: #30363d } }
"""


def page(document: Document) -> str:
    """The whole page."""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in document.facts)
    charts = "".join(_chart(chart) for chart in document.charts if chart.lines)
    tables = "".join(_table(table) for table in document.tables)
    title = escape(document.title)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1><dl>{facts}</dl>{tables}{charts}</body></html>\n"
    )


def _table(table: Table) -> str:
    kinds = [' class="number"' if column.startswith(">") else "" for column in table.columns]
    names = zip(table.columns, kinds, strict=True)
    head = "".join(f"<th{kind}>{escape(column.removeprefix('>'))}</th>" for column, kind in names)
    rows = "".join(
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in table.rows
    )
    body = f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>' if table.rows else "<p>Nothing.</p>"
    return f"<h2>{escape(table.title)}</h2>{body}{_note(table.note)}"


def _chart(chart: Chart) -> str:
    return f"<h2>{escape(chart.title)}</h2>{chart_svg(chart)}{_note(chart.note)}"


def _note(note: str) -> str:
    return f'<p class="note">{escape(note)}</p>' if note else ""
