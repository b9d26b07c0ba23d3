"""`sluice vault` and `sluice audit`, as they are typed."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from sluice.cli.audit import app as audit_app
from sluice.cli.main import main
from sluice.cli.vault import app as vault_app
from sluice.errors import EX_CONFIG
from sluice.settings import Reader
from sluice.vault.opened import open_vault
from sluice.vault.settings import read_vault
from sluice.vault.store import Vault
from tests.unit.vault_shelf import DATA, facts


class Shell:
    """Types commands, in a home of their own."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Status, standard output, standard error."""
        try:
            status = main(words)
        except SystemExit as ended:
            status = int(ended.code or 0)
        found = self._capsys.readouterr()
        return status, found.out, found.err

    def vault(self) -> Vault:
        env = {"SLUICE_HOME": str(self.home)}
        reader = Reader(env)
        settings = read_vault(reader, env)
        reader.finish()
        return open_vault(settings)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    for name in ("SLUICE_VAULT", "SLUICE_VAULT_KEY", "SLUICE_VAULT_ANCHOR", "SLUICE_VAULT_PEOPLE"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("SLUICE_HOME", str(home))
    return Shell(home, capsys)


@pytest.fixture
def evidence(shell: Shell) -> str:
    assert shell("vault", "new-key", str(shell.home / "vault.keys"), "--name", "one")[0] == 0
    return shell.vault().keep(DATA, facts(account_id="account\x1b[2J\n7")).id


ANN = ("--who", "Ann.Smith", "--why", "court order 7")
BOB = ("--who", "bob", "--why", "I looked, too")


def test_without_a_key_it_says_how_to_make_one(shell: Shell) -> None:
    status, out, err = shell("vault", "list")
    assert (status, out) == (EX_CONFIG, "")
    assert f"sluice vault new-key {shell.home / 'vault.keys'}" in err


def test_list_tells_ids_and_dates_and_no_account(shell: Shell, evidence: str) -> None:
    status, out, _ = shell("vault", "list")
    form = json.loads(out)
    assert status == 0
    assert (form["id"], form["incident_ids"], form["expires_at_ms"], form["holds"]) == (
        evidence,
        ["incident-1"],
        None,
        [],
    )
    assert "account" not in out
    assert "sha256" not in out


def test_show_is_logged_and_steers_no_terminal(shell: Shell, evidence: str) -> None:
    status, out, _ = shell("vault", "show", evidence, *ANN)
    assert status == 0
    assert json.loads(out)["incidents"][0]["account_id"] == "account\x1b[2J\n7"
    assert "\x1b" not in out
    _, log, _ = shell("audit", "list", "--evidence", evidence)
    last = json.loads(log.splitlines()[-1])
    assert (last["action"], last["who"], last["why"]) == ("shown", "ann.smith", "court order 7")


def test_bytes_go_into_a_new_file_only(shell: Shell, evidence: str, tmp_path: Path) -> None:
    target = tmp_path / "original"
    status, out, err = shell("vault", "read", evidence, "--out", str(target), *ANN)
    assert (status, out) == (0, "")
    assert target.read_bytes() == DATA
    assert DATA.decode() not in err
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert shell("vault", "read", evidence, "--out", str(target), *ANN)[0] == 2
    assert shell("vault", "read", evidence, "--out", str(tmp_path / "no" / "x"), *ANN)[0] == 2
    assert shell("vault", "read", evidence, "--out", str(tmp_path / "new"))[0] == 2
    assert shell("vault", "read", "ab" * 32, "--out", str(tmp_path / "new"), *ANN)[0] == 1
    assert not (tmp_path / "new").exists()


def test_a_hold_and_its_two_people(shell: Shell, evidence: str) -> None:
    assert shell("vault", "hold", evidence, "--name", "case-7", *ANN)[0] == 0
    status, _, err = shell("vault", "release", evidence, *ANN)
    assert status == 1
    assert "a legal hold stands (case-7)" in err
    for words in (ANN, ("--who", "SMITH ann", "--why", "again")):
        status, _, err = shell("vault", "release", evidence, "--hold", "case-7", *words)
        assert status == 0
        assert "it takes another person" in err
    assert "hold case-7 is lifted" in shell("vault", "release", evidence, "--hold", "case-7", *BOB)[2]
    assert "it takes another person" in shell("vault", "release", evidence, *ANN)[2]
    assert "is destroyed" in shell("vault", "release", evidence, *BOB)[2]
    assert shell("vault", "list") == (0, "", "")
    assert shell("vault", "show", evidence, *ANN)[0] == 1


@pytest.mark.parametrize("until", ["tomorrow", "2027-13-01", "2020-01-01", ""])
def test_a_hold_until_a_day_that_is_none(shell: Shell, evidence: str, until: str) -> None:
    status, _, _ = shell("vault", "hold", evidence, "--name", "case-7", "--until", until, *ANN)
    assert status == {"2020-01-01": 1, "": 0}.get(until, 2)


def test_a_roster_is_asked(shell: Shell, evidence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    roster = tmp_path / "people"
    roster.write_text("ann.smith: amiller\nbob:\n")
    monkeypatch.setenv("SLUICE_VAULT_PEOPLE", str(roster))
    assert shell("vault", "show", evidence, "--who", "eve", "--why", "x")[0] == 1
    assert "another person" in shell("vault", "release", evidence, *ANN)[2]
    assert "another person" in shell("vault", "release", evidence, "--who", "amiller", "--why", "x")[2]
    assert "is destroyed" in shell("vault", "release", evidence, *BOB)[2]
    monkeypatch.setenv("SLUICE_VAULT_PEOPLE", str(tmp_path / "missing"))
    assert shell("vault", "list")[0] == EX_CONFIG


def test_the_log_is_verified_and_its_end_is_missed(shell: Shell, evidence: str) -> None:
    shell("vault", "show", evidence, *ANN)
    status, out, _ = shell("audit", "verify")
    form = json.loads(out)
    assert (status, form["lines"]) == (0, 2)
    assert shell("audit", "verify", "--head", form["head"])[0] == 0
    assert shell("audit", "verify", "--head", "x")[0] == 2
    last = shell.home / "vault" / "audit" / f"{2:012d}"
    good = last.read_bytes()
    last.write_bytes(good.replace(b"ann.smith", b"bob.smith"))
    status, out, err = shell("audit", "verify")
    assert (status, out) == (1, "")
    assert "audit line 2: its MAC is wrong" in err
    last.unlink()
    assert "its end was cut off" in shell("audit", "verify")[2]
    assert "its end was cut off" in shell("vault", "show", evidence, *ANN)[2]
    (shell.home / "audit.head").unlink()
    assert shell("audit", "verify")[0] == 0
    status, _, err = shell("audit", "verify", "--head", form["head"])
    assert status == 1
    assert "its end was cut off" in err


def test_capitals_and_spaces_make_no_other_head(shell: Shell, evidence: str) -> None:
    number, _, digest = json.loads(shell("audit", "verify")[1])["head"].partition(":")
    assert shell("audit", "verify", "--head", f" {number}:{digest.upper()} ")[0] == 0


def test_the_lines_of_a_piece_that_there_is_not_are_no_empty_table(shell: Shell, evidence: str) -> None:
    status, out, err = shell("audit", "list", "--evidence", evidence[:16])
    assert (status, out) == (0, "")
    assert f"no line is about {evidence[:16]}: an id is whole" in err


@pytest.mark.usefixtures("evidence")
@pytest.mark.parametrize("words", [("audit", "verify"), ("audit", "list"), ("vault", "list"), ("vault", "verify")])
def test_a_mistyped_address_is_no_empty_vault(
    shell: Shell, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SLUICE_VAULT", (tmp_path / "typo").as_uri())
    status, out, err = shell(*words)
    assert (status, out) == (1, "")
    assert "the vault is empty, and the anchor knows line 1" in err
    monkeypatch.setenv("SLUICE_VAULT_ANCHOR", str(tmp_path / "another.head"))
    status, out, err = shell(*words)
    assert (status, out) == (1, "")
    assert "there is no vault (SLUICE_VAULT)" in err
    assert not list((tmp_path / "typo").rglob("*"))


def test_upkeep(shell: Shell, evidence: str) -> None:
    assert json.loads(shell("vault", "verify")[1]) == {"seen": 1, "sound": [evidence], "failed": {}}
    assert json.loads(shell("vault", "expire")[1])["destroyed"] == []
    assert shell("vault", "new-key", str(shell.home / "vault.keys"), "--name", "one")[0] == EX_CONFIG
    assert shell("vault", "new-key", str(shell.home / "vault.keys"), "--name", "two")[0] == 0
    assert json.loads(shell("vault", "rewrap")[1])["rewrapped"] == [evidence]
    keys = shell.home / "vault.keys"
    keys.write_text(keys.read_text().splitlines()[1] + "\n")
    assert json.loads(shell("vault", "verify")[1])["sound"] == [evidence]
    body = next((shell.home / "vault").rglob("body/*"))
    body.write_bytes(body.read_bytes()[:-1])
    status, out, err = shell("vault", "verify")
    assert status == 1
    assert json.loads(out)["failed"].keys() == {evidence}
    assert "is not what was sealed there" in err


def test_a_table_for_a_person(shell: Shell, evidence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice.cli.tell.sys.stdout.isatty", lambda: True, raising=False)
    shell("vault", "hold", evidence, "--name", "case-7", "--until", "2099-01-01", *ANN)
    head, row = shell("vault", "list")[1].splitlines()
    assert head.split() == ["id", "kept", "due", "reports", "holds"]
    assert row.split()[0] == evidence
    assert row.endswith("0 of 1   case-7")
    # As other commands take it.
    assert evidence in shell("audit", "list")[1]
    shown = shell("vault", "show", evidence, *ANN)[1]
    assert "account_id   account\\x1b[2J\\n7" in shown
    assert "hold       case-7, until 2099-01-01T00:00:00Z: ann.smith: court order 7" in shown
    assert "lines, all of them sound; head" in shell("audit", "verify")[1]
    assert shell("audit", "list")[1].splitlines()[1].split()[2:4] == ["reporter", "kept"]
    assert shell("vault", "verify")[1] == "1 seen, 1 sound, 0 failed\n"


def test_every_command_says_what_its_status_means() -> None:
    for app in (vault_app, audit_app):
        for name, command in typer.main.get_group(app).commands.items():
            assert "Exit status: 0 " in (command.help or ""), name


def test_half_an_original_is_not_left_behind(shell: Shell, evidence: str, tmp_path: Path) -> None:
    data = bytes(1 << 20)
    large, target = shell.vault().keep(data, facts(data, "incident-2")).id, tmp_path / "original"
    words = ["vault", "read", large, "--out", str(target), *ANN]
    # Files of 64 KiB at most: as if the disk were full. The log's line fits.
    command = ["bash", "-c", 'ulimit -f 64; exec "$@"', "limited", sys.executable, "-m", "sluice.cli.main", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, target.exists()) == (1, False)
    assert f"{target} cannot be written" in done.stderr
    assert shell(*words)[0] == 0
    assert target.read_bytes() == data
    assert evidence != large


def test_a_head_that_is_not_the_log_s_is_not_called_the_anchor_s(shell: Shell, evidence: str) -> None:
    assert shell("vault", "show", evidence, *ANN)[0] == 0
    status, _, err = shell("audit", "verify", "--head", f"1:{'0' * 64}")
    assert status == 1
    assert "audit line 1 is not the one that the head that was given knows" in err
