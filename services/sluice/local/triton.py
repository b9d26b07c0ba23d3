"""A real Triton server on this machine, without a GPU, for tests and for trying the engine out:

    python -m sluice.local.triton fetch               installs it into the user's cache folder
    python -m sluice.local.triton serve [NAME...]     serves models of SLUICE_MODELS until Ctrl-C

Its models are the graphs of the repository in Triton's Python backend, with the same tensors, queues and digests as
deploy/triton has for the onnxruntime backend. It listens on 127.0.0.1 alone. Loading models is for whoever has the
admin key, registering shared memory for whoever has the memory key: both can be used to take a server over.
"""

import asyncio
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sluice.errors import NotReadyError, RetryableError, SluiceError
from sluice.local.ports import LOOPBACK, free_ports
from sluice.local.process import Process
from sluice.local.progress import Say
from sluice.local.triton_distribution import Distribution, ensure_triton
from sluice.models import canary, repository
from sluice.models.shared_memory import FOLDER
from sluice.models.triton_config import Options
from sluice.models.triton_engine import TritonEngine
from sluice.models.triton_repository import graphs, write_model
from sluice.models.triton_settings import TritonSettings
from sluice.settings import default_models, sluice_home

MODEL: Final = Path(__file__).with_name("triton_model.py")
READY_SECONDS: Final = 120.0
"""Seven models on two quiet cores take about 10 s."""
EXIT_SECONDS: Final = 5
"""How long it waits for models to end; one whose process was killed never does."""
STOP_SECONDS: Final = 15.0
ADMIN_HEADER: Final = "triton-grpc-protocol-admin-key"
_PORT_TRIES: Final = 3
_ADDRESS_IN_USE: Final = "Address already in use"


@dataclass(frozen=True, slots=True)
class Keys:
    """What the restricted protocols ask for. Letters and digits."""

    admin: str = field(default_factory=lambda: secrets.token_hex(16))
    memory: str = field(default_factory=lambda: secrets.token_hex(16))


def write_repository(
    models: Path, names: Sequence[str], out: Path, options: Mapping[str, Options] | None = None
) -> None:
    """Graphs, production configs with the Python backend in place of onnxruntime, and its `model.py`. `options`: by
    name; their backend does not matter. Raises NotReadyError where a model is not what its card says."""
    for name in names:
        chosen = replace((options or {}).get(name, Options()), backend="python", gpus=0)
        shutil.copyfile(MODEL, write_model(models, name, out, chosen) / "model.py")


def arguments(shipped: Distribution, folder: Path, port: int, keys: Keys, prefix: str) -> list[str]:
    """The server's command line. Everything that is not inference is closed, or asks for a key. `prefix`: of the
    memory that it shares with its models' processes; two servers with one would tear down each other's."""
    return [
        str(shipped.server),
        f"--model-repository={folder}",
        f"--backend-directory={shipped.backends}",
        "--model-control-mode=explicit",
        "--load-model=*",
        f"--grpc-address={LOOPBACK}",
        f"--grpc-port={port}",
        "--allow-http=false",
        "--allow-metrics=false",
        f"--exit-timeout-secs={EXIT_SECONDS}",
        f"--grpc-restricted-protocol=model-repository,trace,logging:admin-key={keys.admin}",
        f"--grpc-restricted-protocol=shared-memory:memory-key={keys.memory}",
        f"--backend-config=python,shm-region-prefix-name={prefix}",
    ]


class Server:
    """A running server."""

    def __init__(self, start: Callable[[], Process], port: int, keys: Keys, prefix: str) -> None:
        """`start` starts its process, also again: same port, same repository. `prefix`: see `arguments`."""
        self.process = start()
        self.port = port
        self.keys = keys
        self._start = start
        self._prefix = prefix

    @property
    def url(self) -> str:
        """As SLUICE_TRITON_URL takes it."""
        return f"{LOOPBACK}:{self.port}"

    def stop(self) -> None:
        """Stops it, and its stubs with it, within STOP_SECONDS or by force."""
        self.process.terminate()
        if not self.process.wait(STOP_SECONDS):
            self.process.kill()
        # A server that gives up waiting leaves processes of models behind, and what they shared.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for left in FOLDER.glob(f"{self._prefix}*"):
            left.unlink(missing_ok=True)

    def restart(self) -> None:
        """Starts it again once it was stopped, and does not wait."""
        if self.process.exit_code() is not None:
            self.process = self._start()

    def wait_ready(self, models: Path, names: Sequence[str], seconds: float = READY_SECONDS) -> None:
        """Waits until every model answers its canary rightly. Raises NotReadyError."""
        give_up = time.monotonic() + seconds
        for name in names:
            while (why := asyncio.run(self._trouble(models, name))) is not None:
                if self.process.exit_code() is not None:
                    raise NotReadyError(f"Triton {self.process.how_it_ended()}; its log is {self.process.log}")
                if time.monotonic() >= give_up:
                    raise NotReadyError(f"Triton did not start ({why}); its log is {self.process.log}")
                time.sleep(0.1)

    async def _trouble(self, models: Path, name: str) -> str | None:
        card = repository.load(models, name)
        engine = TritonEngine(card, TritonSettings(self.url), canary.of_card(card))
        try:
            await engine.probe()
        except (NotReadyError, RetryableError) as error:
            return str(error)
        finally:
            await engine.close()
        return None


def start_server(
    models: Path, names: Sequence[str], folder: Path, log: Path, env: Mapping[str, str], say: Say
) -> Server:
    """Serves the repository in `folder` and waits until every one of `names` answers. Call it on the main thread (see
    `Process`). Raises NotReadyError where something is missing or the server does not come up."""
    shipped = ensure_triton(env, say)
    for attempt in range(1, _PORT_TRIES + 1):
        (port,) = free_ports(1)
        keys = Keys()
        prefix = f"sluice-triton-{secrets.token_hex(4)}-"
        command = arguments(shipped, folder, port, keys, prefix)
        start = partial(Process.start, "triton", command, shipped.environment(env), log)
        server = Server(start, port, keys, prefix)
        try:
            server.wait_ready(models, names)
        except NotReadyError:
            server.process.kill()
            server.stop()
            if attempt == _PORT_TRIES or _ADDRESS_IN_USE not in log.read_text(errors="replace"):
                raise
        except BaseException:
            # Also on Ctrl-C: nobody else knows of it yet.
            server.process.kill()
            server.stop()
            raise
        else:
            return server
    raise NotReadyError("no port for Triton")


def serve(names: Sequence[str], env: Mapping[str, str]) -> int:
    """Serves until SIGINT or SIGTERM; returns the exit status."""
    models = Path(env.get("SLUICE_MODELS", "") or default_models(sluice_home(env)))
    chosen = tuple(names) or graphs(models)
    with TemporaryDirectory(prefix="sluice-triton-") as scratch:
        folder = Path(scratch) / "repository"
        write_repository(models, chosen, folder)
        server = start_server(models, chosen, folder, Path(scratch) / "triton.log", env, _tell)
        try:
            _tell(f"SLUICE_TRITON_URL={server.url} SLUICE_TRITON_MEMORY_KEY={server.keys.memory}")
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            while server.process.exit_code() is None:
                time.sleep(0.2)
            _tell(f"Triton {server.process.how_it_ended()}")
        except KeyboardInterrupt:
            return 0
        finally:
            server.stop()
    return 1


def main(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """The command."""
    try:
        if argv[:1] == ["fetch"]:
            _tell(f"Triton is in {ensure_triton(env, _tell).folder}")
            return 0
        if argv[:1] == ["serve"]:
            return serve(argv[1:], env)
    except SluiceError as error:
        _tell(str(error))
        return 1
    _tell("usage: python -m sluice.local.triton fetch | serve [NAME...]")
    return 2


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
