"""`sluice serve NAME`: one service, in this process."""

import os
from collections.abc import Mapping

from sluice.cli.tell import refuse, say
from sluice.cli.where import find_running, no_broker
from sluice.errors import TerminalError
from sluice.local.entry_points import load_service
from sluice.local.state import Running
from sluice.settings import sluice_home


def joining(env: Mapping[str, str], running: Running) -> dict[str, str]:
    """The environment of a service that joins the running stack; what the caller set itself stays."""
    stack = {
        "KAFKA_BOOTSTRAP_SERVERS": running.kafka,
        "SLUICE_OBJECT_STORE": running.object_store,
        "SLUICE_C2PA_CERTS": running.certificates,
        "SLUICE_TEST_BANK": "1",
    }
    return {**stack, **{name: value for name, value in env.items() if value}}


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
        env = joining(env, running)
    return main(env)
