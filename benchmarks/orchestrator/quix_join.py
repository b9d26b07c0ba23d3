"""The join of contents and verdicts in quixstreams, exactly-once on. Runs in a virtual environment of its own.

quix_join.py BOOTSTRAP STATE_FOLDER COMMIT_SECONDS CONTENTS VERDICTS OUTPUT

An interval join is the library's way of matching the records of two topics by key within a time. Everything that
can be is left out in its favour: no message is parsed, no policy applied, what goes in and out of the state store
are the bytes of the records, and a joined record is the one record behind the other.
"""

import json
import sys
import uuid
from datetime import timedelta

from quixstreams import Application  # type: ignore[import-not-found]
from quixstreams.state.rocksdb import RocksDBOptions  # type: ignore[import-not-found]

_WINDOW = timedelta(hours=1)


def encode(value: object) -> bytes:
    """What the state store keeps: records as they are; the library's own counter as JSON."""
    return b"\0" + value if isinstance(value, bytes) else json.dumps(value).encode()


def decode(value: bytes) -> object:
    """What `encode` was given."""
    return value[1:] if value[:1] == b"\0" else json.loads(value)


def joined(contents: bytes, verdict: bytes) -> bytes:
    """A contents record and its verdict."""
    return contents + verdict


def main(bootstrap: str, folder: str, commit_seconds: str, contents: str, verdicts: str, output: str) -> None:
    """Until it is ended."""
    app = Application(
        broker_address=bootstrap,
        consumer_group=f"quix-{uuid.uuid4()}",
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_interval=float(commit_seconds),
        state_dir=folder,
        rocksdb_options=RocksDBOptions(dumps=encode, loads=decode),
        # As our own producers: without it, transactions wait for one another.
        producer_extra_config={"retry.backoff.ms": 5, "retry.backoff.max.ms": 100, "compression.type": "lz4"},
        loglevel="WARNING",
    )
    left, right, out = (
        app.topic(
            name,
            key_deserializer="bytes",
            value_deserializer="bytes",
            key_serializer="bytes",
            value_serializer="bytes",
        )
        for name in (contents, verdicts, output)
    )
    frame = app.dataframe(left).join_interval(
        app.dataframe(right),
        on_merge=joined,
        grace_ms=_WINDOW,
        backward_ms=_WINDOW,
        forward_ms=_WINDOW,
    )
    frame.to_topic(out)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
