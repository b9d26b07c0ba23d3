"""The client against the simulator, over real HTTP and HTTPS: every call and code, and everything that gets lost."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.simulators.cybertipline.api import BASE, Api
from deploy.simulators.cybertipline.faults import Kind
from deploy.simulators.cybertipline.reports import State
from deploy.simulators.cybertipline.server import Server, serving, tls_of
from reporter.ports import Refusal, Tipline, TiplineError
from reporter.tipline.client import CyberTipline
from reporter.tipline.codes import MEANINGS
from reporter.tipline.endpoint import read_endpoint
from reporter.tipline.fetch import fetch_schema
from reporter.tipline.schema import own_schema
from reporter.tipline.settings import TiplineSettings
from reporter.tipline.xsd_model import SchemaError
from sluice.local.service_authority import ServiceAuthority
from tests.unit.tipline_samples import details_bytes, report_bytes

USER, PASSWORD = "a-canary-user", "a-canary-password"
CALLS = ("submit", "upload", "fileinfo", "finish", "retract")


def client(server: Server, **more: Any) -> CyberTipline:
    """One of a simulator; it waits ten seconds at most."""
    endpoint = read_endpoint(f"http://127.0.0.1:{server.port}{BASE}/")
    return CyberTipline(TiplineSettings(endpoint, USER, PASSWORD, **{"seconds": 10, "upload_seconds": 10, **more}))


@pytest.fixture(name="server")
def simulator() -> Iterator[Server]:
    with serving(Api(USER, PASSWORD)) as server:
        yield server


@pytest.fixture(name="tipline")
def client_of_it(server: Server) -> CyberTipline:
    return client(server)


def asked(url: str, body: bytes | None = None) -> Any:
    """What the simulator says of itself."""
    with urllib.request.urlopen(url, body) as reply:
        return json.load(reply)


async def filed(tipline: Tipline) -> str:
    """A report, from the beginning to its end."""
    report_id = (await tipline.submit(report_bytes())).report_id
    uploaded = await tipline.upload(report_id, "picture.png", b"a picture")
    await tipline.fileinfo(report_id, details_bytes(report_id, uploaded.file_id))
    finished = await tipline.finish(report_id)
    assert list(finished.files) == [uploaded.file_id]
    return report_id


async def call(tipline: Tipline, name: str, report_id: str, file_id: str) -> None:
    """One of the five."""
    if name == "submit":
        await tipline.submit(report_bytes())
    elif name == "upload":
        await tipline.upload(report_id, "picture.png", b"a picture")
    elif name == "fileinfo":
        await tipline.fileinfo(report_id, details_bytes(report_id, file_id))
    elif name == "finish":
        await tipline.finish(report_id)
    else:
        await tipline.retract(report_id)


async def opened(tipline: Tipline) -> tuple[str, str]:
    """A report with a file."""
    report_id = (await tipline.submit(report_bytes())).report_id
    return report_id, (await tipline.upload(report_id, "a.png", b"a picture")).file_id


async def refused(tipline: Tipline, name: str, report_id: str = "1", file_id: str = "f") -> TiplineError:
    """The error of a call, which shows nothing that was sent and no credentials."""
    with pytest.raises(TiplineError) as caught:
        await call(tipline, name, report_id, file_id)
    error: BaseException | None = caught.value
    while error is not None:
        assert "canary" not in f"{error} {error!r}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return caught.value


async def test_a_whole_report(server: Server, tipline: CyberTipline) -> None:
    await tipline.status()
    report_id = await filed(tipline)
    (shown,) = await asyncio.to_thread(asked, f"http://127.0.0.1:{server.port}/_simulator/reports")
    assert (shown["report_id"], shown["state"]) == (report_id, "finished")
    assert "/report/personOrUserReported/espIdentifier" in shown["elements"]
    (file,) = shown["files"]
    assert (file["name"], file["size"]) == ("picture.png", 9)
    assert "/fileDetails/fileAnnotations/generativeAi" in file["details"]
    assert "/fileDetails/fileViewedByEsp=true" in file["details"]
    assert "account-1" not in json.dumps(shown)


async def test_no_log_of_any_library_holds_what_was_sent(
    tipline: CyberTipline, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    await filed(tipline)
    await refused(tipline, "finish")
    assert caplog.records
    token = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    for word in ("canary", token, "account-1", "mail.invalid", "a picture"):
        assert word not in caplog.text


async def test_what_is_not_valid_is_never_sent(server: Server, tipline: CyberTipline) -> None:
    for document in (b"<report/>", b"<!DOCTYPE report><report/>", details_bytes("1", "f")):
        with pytest.raises(TiplineError, match="not sent") as caught:
            await tipline.submit(document)
        assert (caught.value.kind, caught.value.code) == (Refusal.TERMINAL, 4100)
    assert server.api.reports.all == {}


@pytest.mark.parametrize("code", sorted(MEANINGS))
@pytest.mark.parametrize("name", CALLS)
async def test_every_code_inside_a_success(server: Server, tipline: CyberTipline, name: str, code: int) -> None:
    report_id, file_id = await opened(tipline)
    server.api.faults.put({"kind": "code", "call": name, "value": code})
    error = await refused(tipline, name, report_id, file_id)
    assert (error.kind, error.code) == (MEANINGS[code][0], code)
    await call(tipline, name, report_id, file_id)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, Refusal.RETRY),
        (502, Refusal.RETRY),
        (429, Refusal.RETRY),
        (302, Refusal.TERMINAL),
        (403, Refusal.TERMINAL),
        (404, Refusal.TERMINAL),
    ],
)
async def test_every_kind_of_status(server: Server, tipline: CyberTipline, status: int, kind: Refusal) -> None:
    server.api.faults.put({"kind": "status", "call": "submit", "value": status})
    assert (await refused(tipline, "submit")).kind is kind


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop-after"},
        {"kind": "half-after"},
        {"kind": "garbage-after"},
        {"kind": "doctype-after"},
        {"kind": "huge-after"},
        {"kind": "code-after", "value": 1000},
        {"kind": "status-after", "value": 504},
        {"kind": "slow-after", "value": 6},
    ],
    ids=lambda fault: fault["kind"],
)
@pytest.mark.parametrize("name", CALLS)
async def test_a_lost_answer_is_found_again_by_retracting(server: Server, name: str, fault: dict[str, Any]) -> None:
    patient = client(server)
    # One that gives up before the slow answer comes, and not before a busy machine has done what was asked.
    hasty = client(server, seconds=4, upload_seconds=4) if fault["kind"] == "slow-after" else patient
    report_id, file_id = await opened(patient)
    before = len(server.api.reports.all)
    server.api.faults.put({"call": name, **fault})
    assert (await refused(hasty, name, report_id, file_id)).kind is Refusal.RETRY
    # It was done, whatever the client knows.
    assert len(server.api.reports.all) == before + (name == "submit")
    state = {"finish": State.FINISHED, "retract": State.RETRACTED}.get(name, State.OPEN)
    assert server.api.reports.all[report_id].state is state
    told = {"finish": Refusal.ALREADY, "retract": Refusal.GONE}.get(name)
    if told is None:
        await patient.retract(report_id)
        assert (await refused(patient, "finish", report_id)).code == 5101
    else:
        assert (await refused(patient, "retract", report_id)).kind is told


@pytest.mark.parametrize("name", CALLS)
async def test_what_never_arrived_was_not_done(server: Server, tipline: CyberTipline, name: str) -> None:
    report_id, file_id = await opened(tipline)
    shown = server.api.reports.all[report_id].shown()
    server.api.faults.put({"kind": "drop", "call": name})
    assert (await refused(tipline, name, report_id, file_id)).kind is Refusal.RETRY
    assert server.api.reports.all[report_id].shown() == shown
    assert len(server.api.reports.all) == 1


async def test_an_answer_without_ids_or_about_another_report(server: Server, tipline: CyberTipline) -> None:
    report_id, file_id = await opened(tipline)
    for name in ("submit", "upload"):
        server.api.faults.put({"kind": "nameless-after", "call": name})
        assert (await refused(tipline, name, report_id)).kind is Refusal.RETRY
    for name in ("upload", "fileinfo", "finish"):
        server.api.faults.put({"kind": "other-after", "call": name})
        assert "another report" in (await refused(tipline, name, report_id, file_id)).words


async def test_a_file_that_arrived_as_another_is_told(server: Server, tipline: CyberTipline) -> None:
    report_id, _ = await opened(tipline)
    server.api.faults.put({"kind": "wrong-hash", "call": "upload"})
    error = await refused(tipline, "upload", report_id)
    assert (error.kind, "not arrive as it was sent" in error.words) == (Refusal.SPOILED, True)


async def test_an_endless_answer_is_not_read_to_its_end(server: Server, tipline: CyberTipline) -> None:
    server.api.faults.put({"kind": "huge-after", "call": "submit"})
    assert (await refused(tipline, "submit")).words == "an answer of more than 1048576 bytes"


async def test_unfinished_reports_expire(server: Server, tipline: CyberTipline) -> None:
    left, _ = await opened(tipline)
    server.api.clock.advance(23.5 * 3600)
    changed, file_id = await opened(tipline)
    await tipline.upload(left, "late.png", b"late")
    server.api.clock.advance(0.75 * 3600)
    await tipline.fileinfo(changed, details_bytes(changed, file_id))
    server.api.clock.advance(0.5 * 3600)
    error = await refused(tipline, "finish", left)
    assert (error.kind, error.code) == (Refusal.GONE, 5001)
    assert (await refused(tipline, "retract", left)).kind is Refusal.GONE
    await tipline.finish(changed)


async def test_wrong_credentials(server: Server) -> None:
    stranger = client(server, seconds=10)
    endpoint = stranger.endpoint
    for user, password in ((USER, "wrong"), ("", ""), ("ä:", "ö")):
        other = CyberTipline(TiplineSettings(endpoint, user, password, seconds=10))
        with pytest.raises(TiplineError) as caught:
            await other.status()
        assert (caught.value.kind, caught.value.code) == (Refusal.TERMINAL, 2000)


async def test_nobody_is_there() -> None:
    with serving(Api(USER, PASSWORD)) as server:
        tipline = client(server)
    assert (await refused(tipline, "submit")).kind is Refusal.RETRY


@pytest.mark.parametrize("report_id", ["", "../1", "1&id=2", "9" * 20])
async def test_only_ids_are_sent_as_ids(tipline: CyberTipline, report_id: str) -> None:
    for name in ("upload", "finish", "retract"):
        assert (await refused(tipline, name, report_id)).kind is Refusal.TERMINAL


async def test_the_schema_is_fetched_whole_or_not_at_all(
    server: Server, tipline: CyberTipline, tmp_path: Path
) -> None:
    path = tmp_path / "ncmec.xsd"
    assert len(await fetch_schema(tipline, path)) == 64
    assert path.read_bytes() == own_schema()
    await filed(client(server, schema=path))
    for fault in ({"kind": "code", "value": 3000}, {"kind": "status", "value": 500}, {"kind": "half-after"}):
        server.api.faults.put({"call": "xsd", **fault})
        with pytest.raises(TiplineError):
            await fetch_schema(tipline, path)
    server.api.faults.put({"kind": "garbage-after", "call": "xsd"})
    with pytest.raises(SchemaError):
        await fetch_schema(tipline, path)
    assert path.read_bytes() == own_schema()
    assert os.listdir(tmp_path) == ["ncmec.xsd"]  # noqa: PTH208 - a look at a folder of the test


async def test_cancelled_calls_leave_nothing_behind(server: Server, tipline: CyberTipline) -> None:
    server.api.faults.put({"kind": Kind.SLOW_AFTER.value, "call": "submit", "value": 2})
    task = asyncio.create_task(tipline.submit(report_bytes()))
    while not server.api.reports.all:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(server.api.reports.all) == 1


async def reported(tipline: Tipline) -> str:
    """One report, whatever goes wrong on the way: after any doubt what is open is taken back, and begun anew."""
    report_id = ""
    for _ in range(500):
        try:
            if report_id:
                open_id, report_id = report_id, ""
                try:
                    await tipline.retract(open_id)
                except TiplineError as error:
                    if error.kind is Refusal.ALREADY:
                        return open_id
                    if error.kind is Refusal.RETRY:
                        report_id = open_id
                        continue
            report_id = (await tipline.submit(report_bytes())).report_id
            file_id = (await tipline.upload(report_id, "a.png", b"a picture")).file_id
            await tipline.fileinfo(report_id, details_bytes(report_id, file_id))
            await tipline.finish(report_id)
        except TiplineError as error:
            assert error.kind is Refusal.RETRY  # noqa: PT017 - no other kind may come of lost answers
        else:
            return report_id
    raise AssertionError("it never ends")


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_is_lost_exactly_one_report_is_finished(seed: int) -> None:
    with serving(Api(USER, PASSWORD, seed)) as server:
        for kind, value in (("drop", 0), ("drop-after", 0), ("code-after", 1000), ("code", 1110), ("half-after", 0)):
            server.api.faults.put({"kind": kind, "value": value, "times": None, "chance": 0.1})
        report_id = await reported(client(server))
        finished = [each.id for each in server.api.reports.all.values() if each.state is State.FINISHED]
        assert finished == [report_id]
        assert len(server.api.reports.all[report_id].files) == 1


async def test_over_https_with_the_right_authority_only(tmp_path: Path) -> None:
    roots = [tmp_path / name for name in ("house.pem", "stranger.pem")]
    house, stranger = ServiceAuthority(), ServiceAuthority()
    for path, authority in zip(roots, (house, stranger), strict=True):
        path.write_bytes(authority.certificate)
    issued = house.issue("cybertipline")
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    certificate.write_bytes(issued.certificate)
    key.write_bytes(issued.key)
    with serving(Api(USER, PASSWORD), tls_of(certificate, key)) as server:
        endpoint = read_endpoint(f"https://localhost:{server.port}{BASE}")
        await filed(CyberTipline(TiplineSettings(endpoint, USER, PASSWORD, ca=str(roots[0]), seconds=10)))
        other = CyberTipline(TiplineSettings(endpoint, USER, PASSWORD, ca=str(roots[1]), seconds=10))
        error = await refused(other, "submit")
        assert (error.kind, "certificate" in error.words) == (Refusal.TERMINAL, True)
        assert len(server.api.reports.all) == 1


def test_the_one_command() -> None:
    argv = [sys.executable, "-m", "deploy.simulators.cybertipline", "--port", "0", "--seed", "7"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().decode().strip()
            settings = TiplineSettings(read_endpoint(url), "simulator", "simulator", seconds=10)
            asyncio.run(filed(CyberTipline(settings)))
            root = url.removesuffix(BASE)
            assert "now" in asked(f"{root}/_simulator/clock", b'{"advance_s": 60}')
            assert [each["state"] for each in asked(f"{root}/_simulator/reports")] == ["finished"]
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
