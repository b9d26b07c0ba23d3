"""The provenance service alone on a real broker: signed pictures are the test's, the broker and the process real."""

import hashlib
import json
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import Producer
from PIL import Image

from c2pa_signer.manifest import plan
from c2pa_signer.sign import Signer
from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.hashing import Rgb
from sluice.ids import new_request_id, partition_for
from sluice.local.ports import free_ports
from sluice.objects import signed_key
from sluice.samples.sample import encode
from sluice.settings import KafkaSettings
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.provenance_pb2 import FindRequest, FindResponse
from sluice.v1.provenance_pb2_grpc import ProvenanceStub
from sluice.v1.request_pb2 import ObjectReference
from tests.integration.orchestrator_alone import PARTITIONS
from tests.integration.service_alone import SECONDS, Alone, ended
from tests.unit import signing


@dataclass(frozen=True)
class Picture:
    """A signed picture of ours, and the asset that says so."""

    data: bytes
    asset: SignedAsset


def clouds(seed: int) -> Rgb:
    """320 x 256 pixels of soft colours."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 11, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((320, 256), Image.Resampling.BICUBIC))


class Place:
    """A SLUICE_HOME with a certificate chain, an object store, and a signer."""

    def __init__(self, home: Path, kafka: KafkaSettings) -> None:
        self.home = home
        self.kafka = kafka
        self.signer: Signer = signing.signer(_made(home / "certs"))
        self._objects = _made(home / "objects")
        self._made = 0

    def sign(self) -> Picture:
        """A new picture, unlike the others, stored as the signer stores it."""
        self._made += 1
        source = encode(clouds(self._made), "PNG")
        request_id = new_request_id()
        signed = self.signer.sign(source, "image/png", plan(signing.FACTS, "image/png"))
        sha256 = hashlib.sha256(signed.data).digest()
        key = signed_key(request_id, sha256, "png")
        path = self._objects / key
        path.parent.mkdir(parents=True)
        path.write_bytes(signed.data)
        reference = ObjectReference(
            uri=path.as_uri(), sha256=sha256, size_bytes=len(signed.data), media_type=signed.media_type
        )
        asset = SignedAsset(
            request_id=request_id,
            signed=reference,
            source_sha256=hashlib.sha256(source).digest(),
            manifest_label=signed.manifest_label,
            certificate_serial=signed.certificate_serial,
            policy_digest=b"p" * 32,
            signed_at_ms=time.time_ns() // 1_000_000,
        )
        return Picture(signed.data, asset)

    def publish(self, *pictures: Picture) -> None:
        """As the signer does."""
        producer = plain_producer(self.kafka)
        for each in pictures:
            publish(producer, each.asset.request_id, each.asset.SerializeToString())
        assert producer.flush(30) == 0


def publish(producer: Producer, request_id: str, value: bytes) -> None:
    """One record on its partition of `assets.signed`."""
    producer.produce(Topic.SIGNED, value, key=request_id.encode(), partition=partition_for(request_id, PARTITIONS))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Service(Alone):
    """One process of the service."""

    def __init__(self, place: Place, instance: int = 0, **settings: str) -> None:
        self.http = f"127.0.0.1:{free_ports(1)[0]}"
        settings = {"SLUICE_PROVENANCE_HTTP": self.http, **settings}
        super().__init__("provenance", place.home, place.kafka, instance, **settings)

    def find(self, picture: bytes, most: int = 0) -> FindResponse:
        """Over gRPC."""
        return ProvenanceStub(self.channel).Find(FindRequest(image=picture, max_results=most), timeout=SECONDS)

    def get(self, path: str) -> bytes:
        """Over HTTP."""
        with urllib.request.urlopen(f"http://{self.http}{path}", timeout=SECONDS) as answer:
            found: bytes = answer.read()
        return found

    def by_content(self, picture: bytes) -> Sequence[Mapping[str, Any]]:
        """Matches of a picture, over HTTP."""
        headers = {"Content-Type": "image/png"}
        asked = urllib.request.Request(f"http://{self.http}/matches/byContent", data=picture, headers=headers)
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
            matches = json.loads(answer.read())["matches"]
        assert isinstance(matches, list)
        return matches


@contextmanager
def serving(place: Place, instance: int = 0, **settings: str) -> Iterator[Service]:
    """A process that is ready, ended in order: it must drain and exit with 0."""
    with ended(Service(place, instance, **settings)) as service:
        yield service
