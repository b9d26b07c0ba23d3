"""Whoever runs the signer learns in time that its certificate ends, and at once that it cannot sign."""

import datetime as dt
from pathlib import Path

import pytest
import yaml

from c2pa_signer.keyring import Keyring, Place
from c2pa_signer.keys_health import CONDITION, ENDS_NOTE, TROUBLE_NOTE, KeyHealth
from c2pa_signer.manifest import plan
from c2pa_signer.sign import Signer
from c2pa_signer.stamps import Down, Stamps
from c2pa_signer.stamps_door import StampDoor
from sluice.errors import NotReadyError
from sluice.host.file_watch import FileWatch
from sluice.host.readiness import Readiness
from sluice.settings import checkout
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from tests.unit.signing import FACTS, picture, write_chain
from tests.unit.stamp_authority import Authority, stamping

JPEG = "image/jpeg"


class Desk:
    """A signer, its clock and all that is told of it."""

    def __init__(self, folder: Path, stamps: Stamps | None = None, stamp_url: str = "") -> None:
        self.now = dt.datetime.now(dt.UTC)
        self.log = Log("test", "error")
        self.readiness = Readiness("test", self.log)
        self.metrics = Metrics("test")
        self.ring = Keyring(Place(folder, stamp_url=stamp_url), self.clock)
        self.signer = Signer(self.ring, self.clock, stamps, Down.UNSTAMPED)
        self.health = KeyHealth(self.ring, self.signer, stamps, self.readiness, self.metrics, self.clock)

    def clock(self) -> dt.datetime:
        return self.now

    def sign(self) -> None:
        self.signer.sign(picture(), JPEG, plan(FACTS, JPEG))

    def metric(self, name: str) -> float:
        lines = [line for line in self.metrics.text().decode().splitlines() if line.startswith(f"sluice_{name}{{")]
        assert len(lines) == 1, lines
        return float(lines[0].rpartition(" ")[2])


async def test_the_time_that_is_left_is_a_metric(tmp_path: Path) -> None:
    desk = Desk(write_chain(tmp_path, leaf_days=100))
    await desk.health.look()
    left = (desk.signer.expires - desk.now).total_seconds()
    assert desk.metric("signing_certificate_seconds_left") == pytest.approx(left)
    assert desk.readiness.notes == {}
    assert desk.readiness.conditions == {}
    desk.now = desk.signer.expires - dt.timedelta(seconds=60)
    await desk.health.look()
    assert desk.metric("signing_certificate_seconds_left") == pytest.approx(60)


@pytest.mark.parametrize(("days", "before"), [(365, dt.timedelta(days=14)), (1, dt.timedelta(hours=6))])
async def test_the_end_is_told_beforehand(tmp_path: Path, days: int, before: dt.timedelta) -> None:
    desk = Desk(write_chain(tmp_path, leaf_days=days))
    desk.now = desk.signer.expires - before
    await desk.health.look()
    assert desk.readiness.notes == {}
    desk.now += dt.timedelta(seconds=1)
    await desk.health.look()
    assert f"{desk.signer.serial} ends at" in desk.readiness.notes[ENDS_NOTE]
    assert desk.readiness.conditions == {}


async def test_a_certificate_that_expires_while_the_signer_runs_makes_it_not_ready_and_a_new_one_ready(
    tmp_path: Path,
) -> None:
    desk = Desk(write_chain(tmp_path, leaf_days=100))
    desk.now = desk.signer.expires
    await desk.health.look()
    assert "expired at" in desk.readiness.conditions[CONDITION]
    assert desk.signer.serial in desk.readiness.conditions[CONDITION]
    assert ENDS_NOTE not in desk.readiness.notes
    with pytest.raises(NotReadyError, match="expired"):
        desk.sign()
    write_chain(tmp_path, leaf_days=400)
    await FileWatch(desk.ring, desk.log, desk.readiness, desk.metrics, settle=0.0).look()
    await desk.health.look()
    assert desk.readiness.conditions == {}
    desk.sign()
    await desk.health.look()
    assert desk.metric("signing_key_failing") == 0
    assert desk.readiness.notes == {}


async def test_pictures_without_their_timestamp_are_counted_and_the_authority_is_named(tmp_path: Path) -> None:
    with stamping(Authority(manner="errs")) as authority:
        stamps = Stamps([authority.url])
        door = StampDoor(stamps)
        desk = Desk(write_chain(tmp_path), stamps, door.url)
        desk.sign()
        await desk.health.look()
        assert desk.metric("unstamped_signatures_total") == 1
        assert desk.metric("timestamp_authority_up") == 0
        assert "no timestamp authority answers" in desk.readiness.notes[TROUBLE_NOTE]
        desk.sign()
        await desk.health.look()
        assert desk.metric("unstamped_signatures_total") == 2
        door.close()
        stamps.close()


async def test_the_alerts_ask_for_metrics_that_there_are(tmp_path: Path) -> None:
    root = checkout()
    assert root is not None
    with stamping(Authority(manner="errs")) as authority:
        stamps = Stamps([authority.url])
        door = StampDoor(stamps)
        desk = Desk(write_chain(tmp_path), stamps, door.url)
        FileWatch(desk.ring, desk.log, desk.readiness, desk.metrics)
        desk.sign()
        await desk.health.look()
        door.close()
        stamps.close()
    names = {line.split("{")[0] for line in desk.metrics.text().decode().splitlines() if line.startswith("sluice_")}
    rules = yaml.safe_load((root / "deploy/prometheus/c2pa-signer.rules.yaml").read_text())
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    asked = {word for rule in alerts for word in rule["expr"].replace("(", " ").replace("[", " ").split()}
    wanted = {word.split("{")[0] for word in asked if word.startswith("sluice_")}
    assert len(alerts) == 6
    assert wanted
    assert wanted <= names
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in alerts)
