"""`sluice incidents`: what it asks the reporter, what it says, how it ends."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from sluice.cli.main import main
from sluice.errors import EX_CONFIG
from sluice.v1.reporter_pb2 import (
    ConfirmIncidentRequest,
    FileIncidentRequest,
    ReleaseIncidentRequest,
    ReportIncidentRequest,
)
from tests.unit.incident_records import ACCOUNT, NO_TIP_LINE, Reporter, reporting

Ran: TypeAlias = tuple[int, list[dict[str, Any]], str]
Run: TypeAlias = Callable[..., Ran]
SAID = ("--who", "ann", "--why", "same picture")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SLUICE_CLIENT_TLS_DIR", "SLUICE_CLIENT_TLS_NAME", "SLUICE_TIPLINE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def service(home: Path) -> Iterator[tuple[Reporter, str]]:
    with reporting() as found:
        yield found


@pytest.fixture
def run(service: tuple[Reporter, str], capsys: pytest.CaptureFixture[str]) -> Run:
    """A command, asked of the reporter: exit status, lines of JSON, what was said beside."""

    def ran(*words: str) -> Ran:
        return _run(capsys, *words, "--address", service[1])

    return ran


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> Ran:
    try:
        status = main(["incidents", *words])
    except SystemExit as ended:
        status = int(ended.code or 0)
    out, err = capsys.readouterr()
    return status, [json.loads(line) for line in out.splitlines()], err


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], ["stuck", "held", "failed"]),
        (["--limit", "2"], ["stuck", "held"]),
        (["--limit", "1"], ["stuck"]),
        (["--after", "stuck"], ["held", "failed"]),
        (["--after", "new", "--limit", "2"], ["stuck", "held"]),
        (["--after", "failed"], []),
        (["--state", "released"], ["released"]),
        (["--state", "reporting", "--state", "NEW"], ["new", "under-way", "stuck", "nowhere"]),
        (["--all"], ["new", "under-way", "stuck", "held", "failed", "reported", "nowhere", "released"]),
        (["--all", "--limit", "3"], ["new", "under-way", "stuck"]),
        (["--all", "--limit", "3", "--after", "stuck"], ["held", "failed", "reported"]),
        (
            ["--all", "--limit", "8"],
            ["new", "under-way", "stuck", "held", "failed", "reported", "nowhere", "released"],
        ),
        (["--all", "--after", "released"], []),
        (["--appeal", "ABCD-EFGH-IJKL-MNOP"], ["reported"]),
        (["--appeal", " abcd-efgh-ijkl-mnop\n"], ["reported"]),
        (["--appeal", "ABCD-EFGH-IJKL-MNOQ"], []),
    ],
)
@pytest.mark.parametrize("page", [1, 3, 1000])
def test_what_is_listed(
    words: list[str], names: list[str], page: int, run: Run, service: tuple[Reporter, str]
) -> None:
    service[0].page = page
    status, forms, said = run("list", *words)
    assert (status, [form["incident_id"] for form in forms]) == (0, names)
    more = "--limit" in words and words[-1] != "8"
    assert ("there are more" in said) == more
    assert (f"--after {names[-1] if names else ''}, or a larger --limit" in said) == more
    # Two are in reports under way: the third one is listed, for its report has failed.
    others = "not listed: 1 new, 2 reporting (--state new --state reporting)"
    assert (others in said) == (not words or words[0] == "--limit")


def test_no_answer_is_asked_to_hold_more_than_it_can(run: Run, service: tuple[Reporter, str]) -> None:
    assert len(run("list", "--all", "--limit", "5000")[1]) == 8
    run("list", "--limit", "7")
    assert [asked.limit for asked in service[0].lists] == [1000, 1000, 8]


def test_nothing_is_said_as_what_it_is(run: Run) -> None:
    assert run("list", "--state", "confirmed") == (0, [], "sluice: no such incidents\n")
    assert run("list", "--appeal", "ABCD") == (0, [], "sluice: no such incidents\n")


def test_one_is_shown_with_its_account_and_matches(run: Run) -> None:
    status, (form,), _ = run("show", "stuck")
    assert status == 0
    assert (form["incident_id"], form["account_id"], form["state"]) == ("stuck", ACCOUNT, "reporting")
    assert form["matches"] == [
        {"content_id": "c0", "role": "upload", "list": "test-bank", "entry": "e1", "method": "pdq", "distance": 6}
    ]
    assert (form["report"]["phase"], form["report"]["code"]) == ("failed", 4100)


def test_what_a_person_says_is_told_to_the_reporter(run: Run, service: tuple[Reporter, str]) -> None:
    states = [
        run(*words)[1][0]["state"]
        for words in (
            ("confirm", "held", *SAID, "--viewed"),
            ("confirm", "failed", "--who", " ann ", "--why", " same picture "),
            ("release", "held", *SAID),
            ("report", "stuck", "--who", "bob"),
            ("filed", "failed", "--report-id", "987", *SAID),
        )
    ]
    assert states == ["confirmed", "confirmed", "released", "confirmed", "reported"]
    assert service[0].asked == [
        ConfirmIncidentRequest(incident_id="held", who="ann", why="same picture", viewed=True),
        ConfirmIncidentRequest(incident_id="failed", who="ann", why="same picture"),
        ReleaseIncidentRequest(incident_id="held", who="ann", why="same picture"),
        ReportIncidentRequest(incident_id="stuck", who="bob"),
        FileIncidentRequest(incident_id="failed", report_id="987", who="ann", why="same picture"),
    ]


def test_what_does_not_go_on_is_no_success(run: Run) -> None:
    status, (form,), _ = run("report", "nowhere", "--who", "ann")
    assert (status, form["waits_for"]) == (1, NO_TIP_LINE)
    assert run("confirm", "nowhere", *SAID)[0] == 0


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("show", "none"), 1, "there is no incident none"),
        (("confirm", "none", *SAID), 1, "there is no incident none"),
        (("release", "reported", *SAID), 1, "incident reported is reported"),
        (("report", "busy", "--who", "ann"), 1, "the reporter: UNAVAILABLE: the ledger does not answer"),
        (("confirm", "bad", *SAID), 2, "who should be somebody"),
        (("confirm", "held", "--who", "ann"), 2, "--why"),
        (("confirm", "held", "--why", "x"), 2, "--who"),
        (("confirm", "held", "--who", " ", "--why", "x"), 2, "--who should be one line"),
        (("release", "held", "--who", "ann", "--why", "x" * 4001), 2, "--why should be one line of at most 4000"),
        (("release", "held", "--who", "ann", "--why", "a\nb"), 2, "--why should be one line"),
        (("report", "held"), 2, "--who"),
        (("filed", "failed", *SAID), 2, "--report-id"),
        (("filed", "reported", "--report-id", "1", *SAID), 1, "incident reported is reported"),
        (("list", "--state", "lost"), 2, "should be one of new, held, confirmed"),
        (("list", "--all", "--state", "held"), 2, "exclude each other"),
        (("list", "--all", "--appeal", "ABCD"), 2, "exclude each other"),
        (("list", "--limit", "0"), 2, "--limit"),
        (("list", "--after", "none"), 1, "there is no incident none"),
        (("list", "--all", "--after", "none"), 1, "there is no incident none"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_how_it_ends(words: tuple[str, ...], status: int, said: str, run: Run, service: tuple[Reporter, str]) -> None:
    ended, forms, told = run(*words)
    assert (ended, forms) == (status, [])
    assert said in told
    assert service[0].asked == []


@pytest.mark.usefixtures("home")
def test_without_a_stack_it_says_how_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["list"], ["show", "held"], ["report", "held", "--who", "ann"]):
        ended, _, said = _run(capsys, *words)
        assert ended == 1
        assert "`sluice up` starts one, or name a reporter with --address" in said


def test_certificates_that_are_wrong_are_a_wrong_configuration(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_CLIENT_TLS_DIR", str(tmp_path / "none"))
    ended, _, said = run("list")
    assert (ended, "SLUICE_CLIENT_TLS_DIR" in said) == (EX_CONFIG, True)


def test_a_reporter_that_is_gone_is_no_answer(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with reporting() as (_, address):
        pass
    ended, forms, said = _run(capsys, "list", "--address", address)
    assert (ended, forms) == (1, [])
    assert "the reporter: UNAVAILABLE" in said
