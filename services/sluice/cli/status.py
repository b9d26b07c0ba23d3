"""`sluice status`: what runs in this SLUICE_HOME and whether it is ready."""

import os
import sys

from sluice.cli.tell import put_json, say, wants_json
from sluice.local.health import Health, ask_health, ask_kafka
from sluice.local.state import is_claimed, read_running
from sluice.settings import sluice_home


def status(as_json: bool) -> int:
    """Prints the broker and every service with its health. 0 where all are ready, 1 otherwise."""
    home = sluice_home(os.environ)
    running = read_running(home)
    if running is None:
        say(f"a stack is starting in {home}" if is_claimed(home) else f"no stack runs in {home}")
        return 1
    kafka = ask_kafka(running.kafka)
    health = {name: ask_health(at.address) for name, at in running.services.items()}
    if wants_json(as_json):
        services = {
            name: {"address": at.address, "pid": at.pid, "health": health[name].value, "restarts": at.restarts}
            for name, at in running.services.items()
        }
        about = {"pid": running.pid, "started": running.started, "kafka": running.kafka, "kafka_health": kafka.value}
        put_json({**about, "services": services})
    else:
        width = max(len(name) for name in ("kafka", *health))
        sys.stdout.write(f"process {running.pid}, since {running.started}, in {home}\n")
        sys.stdout.write(f"  {'kafka':<{width}}  {running.kafka:<21}  {kafka}\n")
        for name, at in running.services.items():
            again = f"  started again {at.restarts} times" if at.restarts else ""
            sys.stdout.write(f"  {name:<{width}}  {at.address:<21}  {health[name]}{again}\n")
    return 0 if all(value is Health.SERVING for value in (kafka, *health.values())) else 1
