"""`sluice plan`, as it is used."""

import json
from pathlib import Path
from typing import Any

import pytest

from sluice.cli.main import main
from sluice.load.mix import Kind
from tests.unit.capacity_runs import load_form

SMALL = ("plan", "--rps", "5", "--seconds", "2", "--json")


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The JSON of a plan that there is."""
    assert run(*words) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def run(*words: str) -> int:
    """Its exit status."""
    try:
        return main(words)
    except SystemExit as end:
        return int(end.code or 0)


def test_a_plan_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    form = told(capsys, "plan", "--rps", "5000", "--json")
    assert form["demand"]["peak_rps"] == 10_000
    assert form["services"]["image-text-classifier"]["replicas"] % 3 == 0
    assert form["kafka"]["topics"]["moderation.verdicts"]["partitions"] == form["partitions"]
    for part in (form["kafka"], form["object_store"], form["price"], *form["services"].values()):
        assert set(part["rests_on"]) - form["figures"].keys() == set()


def test_more_is_asked_of_more(capsys: pytest.CaptureFixture[str]) -> None:
    small, large = (told(capsys, *SMALL, "--megapixels", mp) for mp in ("1", "12"))
    assert large["services"]["ingest"]["cores"] >= small["services"]["ingest"]["cores"]
    assert large["object_store"]["in_mb_per_second"] > small["object_store"]["in_mb_per_second"]
    assert told(capsys, *SMALL, "--gpu")["gpus"] >= 3


def test_a_simulation_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    first, again = (told(capsys, *SMALL, "--simulate", "--seed", "4")["simulation"] for _ in range(2))
    assert first == again
    assert first["rate"] == pytest.approx(10)


def test_own_prices_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "costs.yaml"
    form = told(capsys, *SMALL, "--price", "core-hour=1", "--save-costs", str(file))
    assert form["figures"]["price.core_hour"]["value"] == 1
    assert told(capsys, *SMALL, "--costs", str(file)) == form


def test_figures_from_a_load_run_and_a_check_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = []
    for mix, counts in (("prompt", {Kind.PROMPT: 600}), ("output", {Kind.OUTPUT: 60})):
        files.append(tmp_path / f"{mix}.json")
        files[-1].write_text(json.dumps(load_form(mix, counts, rate=2.0)))
    words = [word for file in files for word in ("--from-load", str(file))]
    form = told(capsys, "plan", *words, "--check", str(files[0]), "--json")
    (compared,) = form["check"]
    ingest = compared["services_per_1000"]["ingest"]
    assert ingest["measured"] == ingest["predicted"] == 1
    assert compared["mix"] == {"prompt": 1.0}
    assert "services" not in form


def test_a_plan_for_people(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice.cli.plan.wants_json", lambda _: False)
    assert run("plan", "--rps", "50", "--simulate", "--seconds", "1") == 0
    out = capsys.readouterr().out
    for wanted in (
        "image-text-classifier", "What gives way first", "MB/s in", "Simulated: ", "Assumed, not measured",
        "GPUs: none", "price: ", "object store: ",
    ):  # fmt: skip
        assert wanted in out
    assert all(len(line) <= 130 for line in out.splitlines())


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((), "--rps"),
        (("--rps", "5", "--mix", "video"), "--mix"),
        (("--rps", "-5"), "--rps"),
        (("--rps", "5", "--deadline", "0.05"), "no number of replicas"),
        (("--rps", "5", "--price", "gold=1"), "--price"),
        (("--rps", "5", "--price", "core-hour=free"), "--price"),
        (("--rps", "5", "--costs", "/nowhere.yaml"), "/nowhere.yaml"),
        (("--check", "/nowhere.json"), "/nowhere.json"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("plan", *words) == 2
    assert named in capsys.readouterr().err


def test_help_names_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("plan", "--help") == 0
    out = capsys.readouterr().out
    assert "--from-load" in out
    assert "--simulate" in out
