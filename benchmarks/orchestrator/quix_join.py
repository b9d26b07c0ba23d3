"""The join of contents and verdicts in quixstreams, exactly-once on. Runs in a virtual environment of its own.

quix_join.py FORM BOOTSTRAP STATE_FOLDER COMMIT_SECONDS CONTENTS VERDICTS OUTPUT

An interval join is the library's way of matching the records of two topics by key within a time. FORM is

protobuf    as its documentation has it: messages become dictionaries by the library's own serialisers; the merged
            record is a decision: ALLOW where every result is OK, with the facts that ours carries
bytes       everything left out that can be, in its favour: no message is parsed, nothing is decided, the state store
            keeps the bytes of the records, and a joined record is one record behind the other
"""

import json
import sys
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

# It is installed in an environment of its own, where this module runs.
from quixstreams import Application  # type: ignore[import-not-found]
from quixstreams.models.serializers.protobuf import (  # type: ignore[import-not-found]
    ProtobufDeserializer,
    ProtobufSerializer,
)
from quixstreams.state.rocksdb import RocksDBOptions  # type: ignore[import-not-found]

from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import Decision
from sluice.v1.verdict_pb2 import Verdict

_WINDOW = timedelta(hours=1)
_COPIED = (
    "request_id",
    "generation_id",
    "stage",
    "operation",
    "lane",
    "content_digest",
    "requested_at_ms",
    "deadline_at_ms",
    "released_from",
)


def encode(value: object) -> bytes:
    """What the state store keeps: records as they are; the library's own counter as JSON."""
    return b"\0" + value if isinstance(value, bytes) else json.dumps(value).encode()


def decode(value: bytes) -> object:
    """What `encode` was given."""
    return value[1:] if value[:1] == b"\0" else json.loads(value)


def behind(contents: bytes, verdict: bytes) -> bytes:
    """One record behind the other."""
    return contents + verdict


def decision(contents: Mapping[str, Any], verdict: Mapping[str, Any]) -> dict[str, Any]:
    """A decision as a dictionary."""
    good = all(result["status"] == "STATUS_OK" for result in verdict["results"])
    return {
        **{name: contents[name] for name in _COPIED},
        "age_band": contents["subject"]["age_band"],
        "tenant": contents["subject"]["tenant"],
        "action": "ACTION_ALLOW" if good else "ACTION_BLOCK",
        "complete": good,
        "policy_version": "trivial",
        "contents": [
            {"id": one["id"], "role": one["role"], "sha256": one["sha256"], "kind": "text"}
            for one in contents["contents"]
        ],
        "inputs": [
            {
                "check": verdict["check"],
                "results": verdict["results"],
                "models": verdict["models"],
                "received_at_ms": verdict["received_at_ms"],
                "started_at_ms": verdict["started_at_ms"],
                "finished_at_ms": verdict["finished_at_ms"],
            }
        ],
    }


def main(
    form: str, bootstrap: str, folder: str, commit_seconds: str, contents: str, verdicts: str, output: str
) -> None:
    """Until it is ended."""
    plain = form == "bytes"
    app = Application(
        broker_address=bootstrap,
        consumer_group=f"quix-{uuid.uuid4()}",
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_interval=float(commit_seconds),
        state_dir=folder,
        rocksdb_options=RocksDBOptions(dumps=encode, loads=decode) if plain else None,
        # As our own producers: without it, transactions wait for one another.
        producer_extra_config={"retry.backoff.ms": 5, "retry.backoff.max.ms": 100, "compression.type": "lz4"},
        loglevel="WARNING",
    )

    def read(message: type[Any]) -> object:
        return "bytes" if plain else ProtobufDeserializer(message, preserving_proto_field_name=True)

    left = app.topic(contents, key_deserializer="bytes", value_deserializer=read(Contents))
    right = app.topic(verdicts, key_deserializer="bytes", value_deserializer=read(Verdict))
    out = app.topic(
        output, key_serializer="bytes", value_serializer="bytes" if plain else ProtobufSerializer(Decision)
    )
    frame = app.dataframe(left).join_interval(
        app.dataframe(right),
        on_merge=behind if plain else decision,
        grace_ms=_WINDOW,
        backward_ms=_WINDOW,
        forward_ms=_WINDOW,
    )
    frame.to_topic(out)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
