"""A stack for one command: data of its own, which goes with it; the home's certificate chain."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from sluice.errors import NotReadyError
from sluice.local.certificates import certs_folder, ensure_chain
from sluice.local.plan import make_plan, without_kafka
from sluice.local.progress import Say
from sluice.local.stack import Stack
from sluice.local.state import Running
from sluice.local.vault_key import ensure_vault_key
from sluice.settings import default_models, default_policy
from sluice.vault.settings import VAULT_VARIABLES

_OF_THE_STACK = (
    "SLUICE_OBJECT_STORE",
    "SLUICE_GRPC_ADDRESS",
    "SLUICE_INSTANCE",
    "SLUICE_GATEWAY_ADDRESS",
    "SLUICE_GATEWAY_DB",
    "SLUICE_REPORTER_DB",
    "SLUICE_TIPLINE_URL",
    *VAULT_VARIABLES,
)


@contextmanager
def temporary(
    home: Path, env: Mapping[str, str], services: Mapping[str, Sequence[str]], say: Say
) -> Iterator[Running]:
    """Starts a stack in a temporary folder, its broker included, and takes it away at the end.

    It never touches the caller's own broker, object store or evidence, and reports nothing to anybody. Raises
    NotReadyError where a service did not get ready; the logs are then kept in `logs/failed` of the home.
    """
    ensure_chain(home)
    data = Path(mkdtemp(prefix="sluice-"))
    ensure_vault_key(data)
    shared = {"SLUICE_MODELS": str(default_models(home)), "SLUICE_POLICY": str(default_policy(home))}
    told = {**shared, **without_lasting(env)}
    plan = make_plan(data, certs_folder(home), services, told, short_lived=True)
    stack = Stack(plan, say)
    try:
        _start(stack, data / "logs", home / "logs" / "failed")
        yield stack.running()
    finally:
        stack.stop()
        shutil.rmtree(data, ignore_errors=True)


def without_lasting(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without what outlives a stack for one command: broker, object store, evidence, tip line."""
    return {name: value for name, value in without_kafka(env).items() if name not in _OF_THE_STACK}


def _start(stack: Stack, logs: Path, keep: Path) -> None:
    """Starts every service or raises NotReadyError and keeps the logs."""
    try:
        failed = stack.start(all_or_nothing=True)
        why = "\n".join(f"{name} {reason}" for name, reason in failed.items())
    except NotReadyError as error:
        why = str(error)
    if why:
        shutil.rmtree(keep, ignore_errors=True)
        shutil.copytree(logs, keep)
        raise NotReadyError(f"{why}\nlogs: {keep}")
