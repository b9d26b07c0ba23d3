"""`sluice up`: the whole stack, until Ctrl-C or SIGTERM."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from sluice.cli.tell import refuse, say
from sluice.errors import TerminalError
from sluice.local.certificates import certs_folder, ensure_chain
from sluice.local.entry_points import HTTP_WORDS, REPORTER, service_commands
from sluice.local.interrupts import interruptible
from sluice.local.plan import Plan, make_plan
from sluice.local.simulators import simulators_folder
from sluice.local.stack import Stack
from sluice.local.vault_key import ensure_vault_key
from sluice.settings import sluice_home

_POLL_SECONDS = 0.2
_HTTP_HINTS: Final = {"gateway": "; `sluice keys create --name NAME` makes a key"}
_HINTS: Final = {REPORTER: "(`sluice incidents list`: matches that wait for a person)"}


def up(without: Sequence[str], traces: bool = True, with_simulators: bool = False) -> int:
    """Starts everything, says where it is, starts again what ends, and stops it when told to."""
    env = os.environ
    home = sluice_home(env)
    simulators = simulators_folder(env) if with_simulators else None
    try:
        services = service_commands(without, env)
    except TerminalError as error:
        refuse(str(error))
    plan = make_plan(home, certs_folder(home), services, env, traces=traces, simulators=simulators)
    if not env.get("SLUICE_C2PA_CERTS", ""):
        ensure_chain(home)
    if not env.get("SLUICE_VAULT_KEY", ""):
        ensure_vault_key(home)
    return run_stack(plan)


def run_stack(plan: Plan) -> int:
    """Starts the plan's stack and watches it until SIGINT or SIGTERM."""
    stack = Stack(plan, say)
    begun, ours = time.monotonic(), False
    with interruptible():
        try:
            failed = stack.start()
            ours = True
            announce(plan, stack, failed, time.monotonic() - begun)
            _watch(stack)
        except KeyboardInterrupt:
            ours = True
            say("stopping")
            return 0
        finally:
            stack.stop()
            # Not where another stack has the home: that one runs on.
            if ours:
                say("stopped")


def announce(plan: Plan, stack: Stack, failed: Mapping[str, str], seconds: float) -> None:
    """Says where everything is."""
    running = stack.running()
    collector = {"collector": running.collector} if running.collector else {}
    width = max(len(name) for name in ("kafka", *collector, *running.simulators, *running.services))
    lines = [f"sluice is up after {seconds:.0f} s, in {plan.home}", f"  {'kafka':<{width}}  {running.kafka}"]
    for name, at in running.services.items():
        note = _HINTS.get(name, "")
        if name in failed:
            note = "NOT READY: nothing that needs it will be allowed"
        lines.append(f"  {name:<{width}}  {at.address}  {note}".rstrip())
        if at.http:
            more = _HTTP_HINTS.get(name, "")
            lines.append(f"  {'':<{width}}    http://{at.http} ({HTTP_WORDS.get(name, 'HTTP')}{more})")
    lines += [f"  {name:<{width}}  {at.address}  (`sluice trace REQUEST_ID`)" for name, at in collector.items()]
    lines += [f"  {name:<{width}}  {at.address}  (plays a tip line)" for name, at in running.simulators.items()]
    lines.append("Ctrl-C stops it.")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _watch(stack: Stack) -> NoReturn:
    """Says what happens to the stack, until a signal ends it."""
    while True:
        for line in stack.tend():
            say(line)
        time.sleep(_POLL_SECONDS)
