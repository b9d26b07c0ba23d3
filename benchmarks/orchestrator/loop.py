"""The decision loop alone: the loop, its publisher and its recovery as the service builds them, and no door.

python -m benchmarks.orchestrator.loop BOOTSTRAP POLICY: what the whole service spends beside it, on gRPC and on the
two tails that its door waits on, is the difference to the service's own row.
"""

import sys
import threading
from pathlib import Path

from orchestrator.clock import BrokerClock
from orchestrator.flow import Limits
from orchestrator.publish import Publisher
from orchestrator.reading import ReadingOn
from orchestrator.recovery import Recovery
from orchestrator.recovery_clients import Clients, Renewed
from orchestrator.service import GROUP
from orchestrator.stream import DecisionLoop
from sluice.bus.clients import group_consumer, log_reader, transactional_producer
from sluice.policy.load import load
from sluice.refreshed import Current
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics

_REMEMBER = 100_000
_LIMITS = Limits(50_000, 256 << 20, 128 << 20)
"""Both as the service's defaults (docs/operations.md)."""


def run(kafka: KafkaSettings, policy: Path) -> None:
    """Until it is killed."""
    log, metrics = Log("orchestrator"), Metrics("orchestrator")
    stopping = threading.Event()
    clock = BrokerClock()
    current = Current(load(policy))
    recovery = Recovery(
        Renewed(
            lambda: Clients(
                log_reader(kafka, group=GROUP), log_reader(kafka), log_reader(kafka, read_committed=False)
            )
        ),
        current,
        _REMEMBER,
        log,
    )
    publisher = Publisher(lambda: transactional_producer(kafka, f"{GROUP}-0"), clock, stopping)
    consumer = group_consumer(kafka, GROUP, "0")
    reading = ReadingOn(log_reader(kafka), consumer)
    DecisionLoop(consumer, publisher, recovery, current, reading, _LIMITS, clock, log, metrics, stopping).run()


if __name__ == "__main__":
    run(KafkaSettings({"bootstrap.servers": sys.argv[1]}), Path(sys.argv[2]))
