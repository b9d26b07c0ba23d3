"""The processes that are compared."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.orchestrator.topics import COPIES, JOINED
from sluice.bus.topics import Topic
from sluice.local.process import Process
from sluice.settings import KafkaSettings

HERE = Path(__file__).parent
POLICIES = {"trivial": HERE / "trivial.yaml", "default": HERE.parents[1] / "policies" / "default.yaml"}
_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Side:
    """One of the processes. `output`: the topic that it writes one record per request to."""

    name: str
    output: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    says_ready: str = ""

    @contextmanager
    def running(self, folder: Path) -> Iterator[Process]:
        """Starts it, and ends it however the block ends."""
        log = folder / f"{self.name}.log"
        process = Process.start(self.name, self.argv, {**os.environ, **self.env}, log)
        try:
            yield process
        finally:
            process.terminate()
            if not process.wait(10.0):
                process.kill()

    def wait_ready(self, process: Process) -> None:
        """Until it says that it is, or, where it says nothing, a while."""
        give_up = time.monotonic() + _READY_SECONDS
        while self.says_ready and self.says_ready not in process.log.read_text():
            if process.exit_code() is not None or time.monotonic() > give_up:
                raise SystemExit(f"{self.name} did not start: {process.how_it_ended()}")
            time.sleep(0.1)
        if not self.says_ready:
            time.sleep(8.0)


def orchestrator(kafka: KafkaSettings, policy: str, home: Path) -> Side:
    """The service as it runs in production, gRPC door and log tails included."""
    env = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "SLUICE_HOME": str(home),
        "SLUICE_POLICY": str(POLICIES[policy]),
        "SLUICE_LOG_LEVEL": "info",
    }
    return Side(policy, Topic.DECISIONS, (sys.executable, "-m", "orchestrator"), env, '"event": "ready"')


def loop(kafka: KafkaSettings, policy: str) -> Side:
    """The decision loop alone: see loop.py."""
    argv = (sys.executable, "-m", "benchmarks.orchestrator.loop", kafka.bootstrap, str(POLICIES[policy]))
    return Side(f"loop-{policy}", Topic.DECISIONS, argv, {}, '"event": "partitions recovered"')


def copy_loop(kafka: KafkaSettings, size: int) -> Side:
    """The bare copy of verdicts to records of `size` bytes."""
    argv = (sys.executable, "-m", "benchmarks.orchestrator.copy_loop", kafka.bootstrap, str(size))
    return Side("copy", COPIES, argv, {})


def quixstreams(kafka: KafkaSettings, python: Path, form: str, state: Path, commit_seconds: float) -> Side:
    """The join in quixstreams. `form`: see quix_join.py."""
    topics = (str(Topic.CONTENTS), str(Topic.VERDICTS), JOINED)
    script = str(HERE / "quix_join.py")
    argv = (str(python), script, form, kafka.bootstrap, str(state), str(commit_seconds), *topics)
    # The contract's generated classes are all that it shares with us.
    return Side("quixstreams", JOINED, argv, {"PYTHONPATH": str(HERE.parents[1] / "services")})
