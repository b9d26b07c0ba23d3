"""kill -9 at every step, with a simulator that drops connections: real processes, disk, HTTP."""

import hashlib
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from deploy.simulators.cybertipline.api import Api
from deploy.simulators.cybertipline.faults import Kind
from deploy.simulators.cybertipline.reports import State
from deploy.simulators.cybertipline.server import serving
from reporter import scripts
from reporter.incident import Standing
from reporter.machine import MOST_SPOILED
from reporter.migrations import LEDGER
from sluice.deadline import now_ms
from sluice.objects import original_key
from sluice.sql.sqlite import SqliteDatabase
from sluice.v1.incident_pb2 import Incident, IncidentContent
from sluice.v1.request_pb2 import ROLE_UPLOAD, STAGE_PROMPT
from sluice.vault.opened import open_vault
from sluice.vault.upkeep import verify
from tests.unit import reporter_killed as killed

ROOT = Path(__file__).parents[2]
KILLS = 60
"""Of each of the seeds below."""


def given(folder: Path, dice: random.Random) -> tuple[list[Incident], dict[bytes, bytes]]:
    """A log, its originals in the object store, and a key for the vault."""
    (folder / "keys").write_text(f"one {'5a' * 32}\n")
    (folder / "log").mkdir()
    store = killed.store_of(folder)
    pictures = {hashlib.sha256(data).digest(): data for data in (f"picture {at}".encode() for at in range(4))}
    kept = {name: store.put_now(original_key(name), data, "image/png") for name, data in pictures.items()}
    incidents = []
    for number in range(6):
        contents = [
            IncidentContent(content_id=f"c{at}", role=ROLE_UPLOAD, original=kept[name], md5=b"m" * 16, sha1=b"s" * 20)
            for at, name in enumerate(dice.sample(list(pictures), dice.choice((1, 2))))
        ]
        incident = Incident(
            id=f"i{number}", request_id=f"r{number}", account_id=dice.choice(("a", "b")), stage=STAGE_PROMPT,
            rule="known-csam", contents=contents, requested_at_ms=now_ms() - 2 * killed.BACK_MS, test=True,
        )  # fmt: skip
        (folder / "log" / incident.id).write_bytes(incident.SerializeToString())
        incidents.append(incident)
    return incidents, pictures


@pytest.mark.parametrize("seed", range(4))
def test_each_incident_ends_with_one_finished_report_and_its_evidence(seed: int, tmp_path: Path) -> None:
    incidents, pictures = given(tmp_path, random.Random(seed))
    api = Api(killed.USER, killed.PASSWORD, seed)
    for kind in ("drop", "drop-after", "half-after"):
        api.faults.put({"kind": kind, "times": 40, "chance": 0.04})
    # Fewer than a person would be shown.
    api.faults.put({"kind": "wrong-hash", "call": "upload", "times": MOST_SPOILED - 1, "chance": 0.2})
    with serving(api) as server:
        url = f"http://127.0.0.1:{server.port}/ispws"
        command = [sys.executable, "-m", "tests.unit.reporter_killed", str(tmp_path), url, str(seed), str(KILLS)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=250)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > KILLS // 4, done.stderr
    ledger = SqliteDatabase(killed.ledger_file(tmp_path), LEDGER)
    kept = ledger.run_now(scripts.incidents(tuple(Standing), 100))
    reports = {number: ledger.run_now(scripts.report(number)) for number in {one.report for one in kept}}
    ledger.close_now()
    assert {one.standing for one in kept} == {Standing.REPORTED}
    assert all(one.purged and one.dated for one in kept)
    finished = {each.id: each for each in api.reports.all.values() if each.state is State.FINISHED}
    assert {each.report_id for each in reports.values() if each is not None} == finished.keys()
    assert len(finished) == len(reports)
    digests = {one.id: {each.original.sha256 for each in one.contents} for one in incidents}
    left = sum(each.times or 0 for each in api.faults.waiting if each.kind is Kind.WRONG_HASH)
    assert left < MOST_SPOILED - 1, "no file arrived as something else"
    for report in reports.values():
        assert report is not None
        wanted = set().union(*(digests[member] for member in report.members))
        files = finished[report.report_id].files
        assert Counter(each.sha256 for each in files) == Counter(each.hex() for each in wanted)
        assert all(each.details for each in files)
    vault = open_vault(killed.vault_settings(tmp_path))
    assert not verify(vault).failed
    store = killed.store_of(tmp_path)
    for name in set().union(*digests.values()):
        assert vault.read_for_report(vault.name(name), "a test") == pictures[name]
        assert not store.exists_now(original_key(name))
