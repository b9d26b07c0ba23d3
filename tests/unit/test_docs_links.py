"""What the documents point to is there: files, commands, make targets."""

import re
from pathlib import Path

import pytest
import typer.main

from evaluation import cli as evaluation
from gateway import cli as keys
from reporter.tipline import command as schema
from sluice.cli import (
    audit,
    certs,
    certs_services,
    dead_letters,
    decisions,
    dev,
    hashes,
    incidents,
    models,
    plan,
    policy,
    reviews,
    topics,
    vault,
)
from sluice.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FOLDERS = (
    "services",
    "protos",
    "policies",
    "docs",
    "deploy",
    "tests",
    "models",
    "benchmarks",
    "training",
    "evals",
    "asyncapi.yaml",
)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


GROUPS = {
    "audit": audit.app,
    "certs": certs_services.app,
    "dead-letters": dead_letters.app,
    "decisions": decisions.app,
    "dev": dev.app,
    "eval": evaluation.app,
    "hashes": hashes.app,
    "incidents": incidents.app,
    "keys": keys.app,
    "models": models.app,
    "policy": policy.app,
    "reviews": reviews.app,
    "topics": topics.app,
    "vault": vault.app,
}
"""Commands that have commands of their own."""


def commands() -> dict[str, set[str]]:
    """Every command line of `sluice`, without options -> the options that it takes."""
    found = dict(typer.main.get_group(app).commands.items())
    for group, sub in GROUPS.items():
        found |= {f"{group} {name}": each for name, each in typer.main.get_group(sub).commands.items()}
    found["dev certs"] = typer.main.get_command(certs.app)
    found["incidents schema"] = typer.main.get_command(schema.app)
    found["plan"] = typer.main.get_command(plan.app)
    return {name: {"--help"}.union(*(option.opts for option in each.params)) for name, each in found.items()}


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@every_page
def test_paths_in_code_exist(page: Path) -> None:
    spans = re.findall(r"`([\w./-]+/[\w./-]*|asyncapi\.yaml)`", page.read_text())
    named = [span for span in spans if span.split("/")[0] in FOLDERS]
    allowed_to_miss = {"services/sluice/v1"}
    example = set(re.findall(r"^`([\w/.]+)`\n\n```", page.read_text(), re.MULTILINE))
    assert [span for span in named if span not in allowed_to_miss | example and not (ROOT / span).exists()] == []


@every_page
def test_commands_exist(page: Path) -> None:
    known = commands()
    said = re.findall(
        r"(?:`|\$ |^ {4}|bin/)sluice ([a-z-]+)(?: ([a-z][a-z-]*))?([^`|#\n]*)", page.read_text(), re.MULTILINE
    )
    unknown = [
        (first, second)
        for first, second, _ in said
        if first not in known or (first in GROUPS and second and f"{first} {second}" not in known)
    ]
    assert unknown == []
    for first, second, rest in said:
        options = set(re.findall(r"(?<!\S)--[a-z0-9-]+", rest))
        assert options <= known[f"{first} {second}" if first in GROUPS and second else first]


def test_what_operators_need_is_in_their_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    needed = [name for name in commands() if name.startswith(("dead-letters ", "repair", "reviews "))]
    assert len(needed) == 7
    assert [name for name in needed if f"sluice {name}" not in page] == []


@every_page
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = set(re.findall(r"(?:`|\$ |^ {4})make ([a-z-]+)", page.read_text(), re.MULTILINE))
    assert said <= targets
