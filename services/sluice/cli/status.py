"""`sluice status`: what runs in this SLUICE_HOME and whether it is ready."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from sluice.cli.tell import put_json, say, wants_json
from sluice.client_tls import read_client_tls
from sluice.local.entry_points import HTTP_WORDS
from sluice.local.health import Health, ask_health, ask_kafka
from sluice.local.ops import NOTHING, Said, ask_ops
from sluice.local.simulators import ask_simulator
from sluice.local.state import ServiceAt, is_claimed, read_running
from sluice.settings import sluice_home

COLLECTOR: Final = "collector"


@dataclass(frozen=True, slots=True)
class Found:
    """A service of the stack: where it is, its health, what it says of itself."""

    at: ServiceAt
    health: Health
    said: Said

    def form(self) -> dict[str, object]:
        """As JSON."""
        return {
            "address": self.at.address,
            "ops": self.at.ops,
            "http": self.at.http,
            "pid": self.at.pid,
            "health": self.health.value,
            "restarts": self.at.restarts,
            "reasons": dict(self.said.reasons),
            "notes": dict(self.said.notes),
        }

    def lines(self, name: str, width: int) -> Iterator[str]:
        """For people: one line, and one more for each thing that it says."""
        again = f"  started again {self.at.restarts} times" if self.at.restarts else ""
        ops = f"http://{self.at.ops}" if self.at.ops else ""
        yield f"  {name:<{width}}  {self.at.address:<21}  {self.health:<11}  {ops}{again}".rstrip()
        if self.at.http:
            yield f"  {'':<{width}}    http://{self.at.http} ({HTTP_WORDS.get(name, 'HTTP')})"
        said = [f"not ready: {condition}: {reason}" for condition, reason in self.said.reasons.items()]
        said += [f"note: {about}: {text}" for about, text in self.said.notes.items()]
        for line in "\n".join(said).splitlines():
            yield f"  {'':<{width}}    {line}"


def collector_lines(found: Found, width: int) -> Iterator[str]:
    """The stack's collector of traces: it has a door to read from and none for operators."""
    return replace(found, at=replace(found.at, ops=found.at.http, http="")).lines(COLLECTOR, width)


def status(as_json: bool) -> int:
    """Prints the broker and every service with its health. 0 where all are ready, 1 otherwise.

    The collector of traces and simulators are told as well and count for nothing: the stack decides without them.
    """
    home = sluice_home(os.environ)
    running = read_running(home)
    if running is None:
        say(f"a stack is starting in {home}" if is_claimed(home) else f"no stack runs in {home}")
        return 1
    kafka = ask_kafka(running.kafka)
    tls = read_client_tls(os.environ)
    found = {
        name: Found(at, ask_health(at.address, tls=tls), ask_ops(at.ops)) for name, at in running.services.items()
    }
    traces = {COLLECTOR: Found(at, ask_health(at.address), NOTHING)} if (at := running.collector) else {}
    played = {name: Found(at, ask_simulator(at.address), NOTHING) for name, at in running.simulators.items()}
    if wants_json(as_json):
        services = {name: each.form() for name, each in found.items()}
        about = {"pid": running.pid, "started": running.started, "kafka": running.kafka, "kafka_health": kafka.value}
        beside = {COLLECTOR: traces[COLLECTOR].form() if traces else None}
        simulators = {name: each.form() for name, each in played.items()}
        put_json({**about, "services": services, **beside, "simulators": simulators})
    else:
        width = max(len(name) for name in ("kafka", *traces, *played, *found))
        lines = [f"process {running.pid}, since {running.started}, in {home}"]
        lines.append(f"  {'kafka':<{width}}  {running.kafka:<21}  {kafka}")
        for each in traces.values():
            lines += collector_lines(each, width)
        for name, each in found.items():
            lines += each.lines(name, width)
        for name, each in played.items():
            lines += each.lines(name, width)
        sys.stdout.write("\n".join(lines) + "\n")
    return 0 if all(value is Health.SERVING for value in (kafka, *(each.health for each in found.values()))) else 1
