"""Runs the images as a cluster would, with a real Kafka beside them, and asks each whether it is well.

1. a broker of this machine's own; 2. two jobs out of one image: the topics, and a chain for signing; 3. each service,
from its own image, told where those are whom it asks; 4. the standard health question over gRPC until it answers
SERVING; 5. what the kernel says of its mounts and rights; 6. where all services are there, one harmless picture, that
must leave signed; 7. SIGTERM, which must end each with status 0.
"""

import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from deploy.images.asking import Answer, ask
from deploy.images.buildah import Buildah
from deploy.images.bundle import HOME
from deploy.images.confinement import Confinement, confinement_of
from deploy.images.container import Container, Unpacked, first_process, make_home
from deploy.images.shell import say
from sluice.local.entry_points import HTTP_DOORS, service_commands, told_where
from sluice.local.health import Health, ask_health
from sluice.local.kafka import start_broker
from sluice.local.ports import LOOPBACK, free_ports

READY_SECONDS: Final = 240.0
"""A quiet machine of two cores needs about 10 s for each service; nine at once on a busy one take minutes."""
_JOB_SECONDS: Final = 180.0
_POLL_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one service. `ready_seconds`: None where it never answered SERVING; `stopped`: the exit status
    after SIGTERM, None where it had to be killed; `why`: its last words where it was not ready."""

    ready_seconds: float | None
    confinement: Confinement | None
    stopped: int | None
    why: str = ""

    @property
    def well(self) -> bool:
        """Ready, confined and ended as it should."""
        confined = self.confinement is not None and not self.confinement.problems()
        return self.ready_seconds is not None and confined and self.stopped == 0


@dataclass(frozen=True, slots=True)
class Trial:
    """Service -> what came of it; what became of the one picture, where it was asked about."""

    services: Mapping[str, Found]
    answer: Answer | None

    @property
    def well(self) -> bool:
        """Every service was, and the picture left signed."""
        signed = self.answer is None or (self.answer.action == "ALLOW" and bool(self.answer.signed))
        return signed and all(found.well for found in self.services.values())

    def as_json(self) -> dict[str, object]:
        """For the result's object."""
        services = {name: {"healthy": found.well, **asdict(found)} for name, found in self.services.items()}
        return {"services": services, "picture": asdict(self.answer) if self.answer else None}


@dataclass(frozen=True, slots=True)
class _Up:
    container: Container
    grpc: str
    health: str
    began: float


def try_images(buildah: Buildah, images: Mapping[str, str], env: Mapping[str, str]) -> Trial:
    """Runs an image for each service; `images`: service -> image. Call it on the main thread.

    Raises NotReadyError where Kafka, a job or the picture's decision did not work.
    """
    work = buildah.work / "trial"
    shutil.rmtree(work, ignore_errors=True)
    home = make_home(work / "home")
    unpacked: dict[str, Unpacked] = {}
    running: dict[str, _Up] = {}
    broker = start_broker(work / "kafka", work / "logs" / "kafka.log", env, say)
    try:
        common = {"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap, "SLUICE_TEST_BANK": "1"}
        for name, image in images.items():
            unpacked[name] = Unpacked.of(buildah, image)
        first = next(iter(unpacked.values()))
        key = ["vault", "new-key", f"{HOME}/vault.keys"]
        for job, arguments in (("topics", ["topics", "create"]), ("certs", ["dev", "certs"]), ("vault-key", key)):
            words = Container.start(first, job, work, home, arguments, common).finish(_JOB_SECONDS)
            say(f"{job}: {words.splitlines()[-1]}")
        addresses = dict(zip(images, (f"{LOOPBACK}:{port}" for port in free_ports(len(images))), strict=True))
        for name in images:
            told = {**common, "SLUICE_GRPC_ADDRESS": addresses[name], **told_where(name, addresses)}
            running[name] = _start(unpacked[name], name, work, home, told)
        ready = _wait(running, time.monotonic() + READY_SECONDS)
        confined = {name: _confinement(up) for name, up in running.items()}
        whole = set(service_commands()) <= {name for name, seconds in ready.items() if seconds is not None}
        answer = ask(running["orchestrator"].grpc) if whole else None
        stopped = _stop(running)
    finally:
        for up in running.values():
            up.container.kill()
        broker.stop()
        for each in unpacked.values():
            each.remove()
    found = {
        name: Found(ready[name], confined[name], stopped[name], _why(up, ready[name])) for name, up in running.items()
    }
    return Trial(found, answer)


def _start(image: Unpacked, name: str, work: Path, home: Path, told: Mapping[str, str]) -> _Up:
    health, ops, http = (f"{LOOPBACK}:{port}" for port in free_ports(3))
    env = {
        **told,
        "SLUICE_HEALTH_ADDRESS": health,
        "SLUICE_OPS_ADDRESS": ops,
        "SLUICE_OBJECT_STORE": f"file://{HOME}/objects",
        **({HTTP_DOORS[name]: http} if name in HTTP_DOORS else {}),
        **({"SLUICE_SHADOW_POLICY": "/opt/sluice/policies/default.yaml"} if name == "policy-shadow" else {}),
    }
    up = Container.start(image, name, work, home, [], env)
    return _Up(up, told["SLUICE_GRPC_ADDRESS"], health, time.monotonic())


def _wait(running: Mapping[str, _Up], until: float) -> dict[str, float | None]:
    """Service -> seconds until it was ready, None where it was not in time or has ended."""
    ready: dict[str, float | None] = {}
    waiting = set(running)
    while waiting and time.monotonic() < until:
        for name in sorted(waiting):
            up = running[name]
            if ask_health(up.health) is Health.SERVING:
                ready[name] = round(time.monotonic() - up.began, 1)
                say(f"{name}: SERVING after {ready[name]} s")
            elif up.container.process.exit_code() is not None:
                ready[name] = None
                say(f"{name}: {up.container.process.how_it_ended()}")
        waiting -= ready.keys()
        time.sleep(_POLL_SECONDS)
    return {name: ready.get(name) for name in running}


def _confinement(up: _Up) -> Confinement | None:
    if up.container.process.exit_code() is not None:
        return None
    return confinement_of(first_process(up.container.state, up.container.name))


def _stop(running: Mapping[str, _Up]) -> dict[str, int | None]:
    for up in running.values():
        up.container.process.terminate()
    return {name: up.container.stop() for name, up in running.items()}


def _why(up: _Up, ready: float | None) -> str:
    return up.container.process.last_words() if ready is None else ""
