"""Where the running stack is, and which broker a command should talk to."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from confluent_kafka import KafkaError

from sluice.bus.problems import is_login, words
from sluice.errors import ConfigError
from sluice.local.progress import Say
from sluice.local.state import Running, is_claimed, read_running
from sluice.objects import ObjectStore
from sluice.settings import KafkaSettings, Reader, read_kafka, sluice_home

_START_SECONDS = 180.0
_POLL_SECONDS = 0.2


def find_running(home: Path, say: Say) -> Running | None:
    """The stack in this home. One that is starting is waited for; None where there is none."""
    running = read_running(home)
    if running is None and is_claimed(home):
        say(f"waiting for the stack that is starting in {home}")
    give_up = time.monotonic() + _START_SECONDS
    while running is None and is_claimed(home) and time.monotonic() < give_up:
        time.sleep(_POLL_SECONDS)
        running = read_running(home)
    return running


def find_kafka(env: Mapping[str, str], say: Say) -> KafkaSettings:
    """The broker that the environment names, else the running stack's. Raises ConfigError where there is neither."""
    if env.get("KAFKA_BOOTSTRAP_SERVERS", ""):
        reader = Reader(env)
        kafka = read_kafka(reader)
        reader.finish()
        return replace(kafka, heard=_telling(say))
    running = find_running(sluice_home(env), say)
    if running is None:
        raise no_broker(env)
    return KafkaSettings({"bootstrap.servers": running.kafka})


def _telling(say: Say) -> Callable[[object], None]:
    """Says once what a client says of its login: all that is seen of it otherwise is that nobody answers."""
    told: set[str] = set()

    def heard(error: object) -> None:
        if isinstance(error, KafkaError) and is_login(error) and error.name() not in told:
            told.add(error.name())
            say(words(error))

    return heard


def find_store(env: Mapping[str, str]) -> ObjectStore:
    """The object store that the environment names, else the running stack's, else the folder in SLUICE_HOME.

    Raises ConfigError where there is none of them.
    """
    home = sluice_home(env)
    url = env.get("SLUICE_OBJECT_STORE", "")
    if not url:
        running = read_running(home)
        folder = home / "objects"
        if running is None and not folder.is_dir():
            raise ConfigError([f"SLUICE_OBJECT_STORE is not set and there is no {folder}"])
        url = running.object_store if running is not None else f"file://{folder}"
    return ObjectStore.open(url)


def no_broker(env: Mapping[str, str]) -> ConfigError:
    """The error for a command that needs a broker and has none."""
    return ConfigError(
        [f"KAFKA_BOOTSTRAP_SERVERS is not set and no stack runs in {sluice_home(env)}: `sluice up` starts one"]
    )
