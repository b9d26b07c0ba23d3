"""A few requests of Kafka's protocol by hand: what no client library would ever send.

A broker that is told not to verify (`transaction.partition.verification.enable=false`) appends records of a
transaction that its coordinator has never heard of. Nobody will ever end it: exactly what is left of a transaction
whose markers were lost. The layout of every request is on https://kafka.apache.org/protocol.
"""

import socket
import struct
import time
from typing import Self

PRODUCE, FIND_COORDINATOR, INIT_PRODUCER_ID, TXN_OFFSET_COMMIT = (0, 7), (10, 1), (22, 1), (28, 2)
"""Key and version of the requests. Versions before the flexible ones, and of Produce before 12, which joins a
partition to its transaction by itself."""

_TRANSACTIONAL = 0x10
_ALL_REPLICAS = -1
_TIMEOUT_MS = 10_000
_SECONDS = 30


class RawClient:
    """One connection to a broker at host:port."""

    def __init__(self, bootstrap: str) -> None:
        host, _, port = bootstrap.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def init_producer(self, transactional_id: str) -> tuple[int, int]:
        """Producer id and epoch of a transactional id, as a producer's `init_transactions` gets them."""
        until = time.monotonic() + _SECONDS
        while True:
            # Asking for the coordinator of a transaction is what makes it be there.
            self._ask(FIND_COORDINATOR, _text(transactional_id) + b"\1")
            answer = self._ask(INIT_PRODUCER_ID, _text(transactional_id) + struct.pack(">i", 60_000))
            _, error, producer_id, epoch = struct.unpack(">ihqh", answer)
            if error == 0:
                return producer_id, epoch
            assert time.monotonic() < until, f"InitProducerId: error {error}"
            time.sleep(0.1)

    def append(
        self, topic: str, partition: int, transactional_id: str, producer: tuple[int, int], value: bytes
    ) -> int:
        """Appends one record as part of a transaction that was never begun; its offset."""
        batch = record_batch(producer, value)
        body = _text(transactional_id) + struct.pack(">hii", _ALL_REPLICAS, _TIMEOUT_MS, 1)
        body += _text(topic) + struct.pack(">iii", 1, partition, len(batch)) + batch
        answer = self._ask(PRODUCE, body)
        _, length = struct.unpack_from(">ih", answer)
        _, _, error, offset = struct.unpack_from(">iihq", answer, 6 + length)
        assert error == 0, f"Produce: error {error}"
        return int(offset)

    def commit_offset(
        self, group: str, topic: str, partition: int, offset: int, transactional_id: str, producer: tuple[int, int]
    ) -> None:
        """Leaves an offset of a group pending in a transaction that was never begun."""
        body = _text(transactional_id) + _text(group) + struct.pack(">qhi", *producer, 1)
        body += _text(topic) + struct.pack(">iiqi", 1, partition, offset, -1) + struct.pack(">h", -1)
        answer = self._ask(TXN_OFFSET_COMMIT, body)
        error = struct.unpack(">h", answer[-2:])[0]
        assert error == 0, f"TxnOffsetCommit: error {error}"

    def _ask(self, request: tuple[int, int], body: bytes) -> bytes:
        key, version = request
        message = struct.pack(">hhi", key, version, 1) + _text("raw") + body
        self._socket.sendall(struct.pack(">i", len(message)) + message)
        (size,) = struct.unpack(">i", self._read(4))
        return self._read(size)[4:]

    def _read(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            part = self._socket.recv(size - len(found))
            assert part, "the broker closed the connection"
            found += part
        return found


def record_batch(producer: tuple[int, int], value: bytes) -> bytes:
    """A batch of one transactional record (message format 2), without a key."""
    producer_id, epoch = producer
    record = b"\0" + b"\0" + b"\0" + _varint(-1) + _varint(len(value)) + value + _varint(0)
    now = int(time.time() * 1000)
    checked = struct.pack(">hiqqqhii", _TRANSACTIONAL, 0, now, now, producer_id, epoch, 0, 1)
    checked += _varint(len(record)) + record
    after_length = struct.pack(">ibI", -1, 2, crc32c(checked)) + checked
    return struct.pack(">qi", 0, len(after_length)) + after_length


def crc32c(data: bytes) -> int:
    """The Castagnoli checksum (RFC 3720, appendix B.4), bit by bit: the batches here are small."""
    found = 0xFFFFFFFF
    for byte in data:
        found ^= byte
        for _ in range(8):
            found = found >> 1 ^ (0x82F63B78 if found & 1 else 0)
    return found ^ 0xFFFFFFFF


def _text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def _varint(value: int) -> bytes:
    """Zigzag, seven bits a byte."""
    left = value << 1 ^ value >> 63
    found = bytearray()
    while left > 0x7F:
        found.append(left & 0x7F | 0x80)
        left >>= 7
    found.append(left)
    return bytes(found)
