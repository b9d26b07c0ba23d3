"""`sluice serve NAME`: one service, in this process."""

import os
from collections.abc import Mapping
from dataclasses import replace

from sluice.cli.tell import refuse, say
from sluice.cli.where import find_running, no_broker
from sluice.client_tls import ClientTls, read_client_tls
from sluice.errors import TerminalError
from sluice.local.entry_points import HTTP_DOORS, REPORTER, load_service, told_where
from sluice.local.health import Health, ask_health
from sluice.local.plan import OTLP_VARIABLE, without_kafka
from sluice.local.simulators import CYBERTIPLINE, URL, reporter_told
from sluice.local.state import Running, ServiceAt, publish
from sluice.settings import sluice_home


def joining(env: Mapping[str, str], running: Running, vacant: ServiceAt | None, name: str = "") -> dict[str, str]:
    """The environment of a service that joins the running stack; what the caller set itself stays.

    `vacant`: whose place it takes, with its addresses; None for any free port.
    """
    http = {HTTP_DOORS[name]: vacant.http} if vacant and vacant.http and name in HTTP_DOORS else {}
    at = {each: where.address for each, where in running.services.items()}
    stack = {
        **told_where(name, at),
        "KAFKA_BOOTSTRAP_SERVERS": running.kafka,
        "SLUICE_OBJECT_STORE": running.object_store,
        "SLUICE_C2PA_CERTS": running.certificates,
        "SLUICE_TEST_BANK": "1",
        **({OTLP_VARIABLE: f"http://{running.collector.address}"} if running.collector else {}),
        **({"SLUICE_GRPC_ADDRESS": vacant.address, "SLUICE_OPS_ADDRESS": vacant.ops} if vacant else {}),
        **http,
    }
    told = {**stack, **{name: value for name, value in env.items() if value}}
    played = running.simulators.get(CYBERTIPLINE)
    return reporter_told(played.address, told) if name == REPORTER and played and not told.get(URL) else told


def vacant_place(name: str, running: Running, tls: ClientTls | None = None) -> ServiceAt | None:
    """Where the stack's own service of this name listened, if it is gone: callers look for it there."""
    at = running.services.get(name)
    return at if at and ask_health(at.address, tls=tls) is Health.UNREACHABLE else None


def taken_over(running: Running, name: str, vacant: ServiceAt, pid: int) -> Running:
    """The stack with this process in the place of a service that ended."""
    return replace(running, services={**running.services, name: replace(vacant, pid=pid, restarts=0)})


def serve(name: str) -> int:
    """Runs the service until it is told to stop; returns its exit status."""
    env: Mapping[str, str] = os.environ
    try:
        main = load_service(name)
    except TerminalError as error:
        refuse(str(error))
    if not env.get("KAFKA_BOOTSTRAP_SERVERS", ""):
        running = find_running(sluice_home(env), say)
        if running is None:
            raise no_broker(env)
        vacant = vacant_place(name, running, read_client_tls(env))
        # Credentials for another broker are not meant for this one.
        env = joining(without_kafka(env), running, vacant, name)
        if vacant is not None:
            publish(sluice_home(env), taken_over(running, name, vacant, os.getpid()))
    return main(env)
