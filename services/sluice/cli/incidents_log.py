"""Incidents of requests of one's own, as they are committed."""

import time
from collections.abc import Collection, Mapping

from confluent_kafka import KafkaException, TopicPartition
from google.protobuf.message import DecodeError

from sluice.bus.clients import log_reader
from sluice.bus.scan import partition_numbers
from sluice.bus.topics import Topic
from sluice.errors import RetryableError
from sluice.settings import KafkaSettings
from sluice.v1.incident_pb2 import Incident

_CALL_SECONDS = 15.0
_POLL_SECONDS = 0.2


class Incidents:
    """Reads the topic from where it ended when this was made."""

    def __init__(self, kafka: KafkaSettings) -> None:
        """Raises RetryableError where no broker answers, or it has no such topic."""
        self._reader = log_reader(kafka)
        topic = Topic.INCIDENTS.value
        try:
            numbers = partition_numbers(self._reader, kafka, topic)
            places = [TopicPartition(topic, number) for number in numbers]
            for place in places:
                place.offset = self._reader.get_watermark_offsets(place, timeout=_CALL_SECONDS)[1]
        except KafkaException as error:
            self._reader.close()
            raise RetryableError(f"no Kafka broker answers at {kafka.bootstrap}: {error.args[0].str()}") from error
        self._reader.assign(places)

    def of(self, request_ids: Collection[str], seconds: float) -> Mapping[str, Incident]:
        """Request id -> its incident, for as many as came within that time; returns as soon as all are there."""
        found: dict[str, Incident] = {}
        end = time.monotonic() + seconds
        while len(found) < len(request_ids) and time.monotonic() < end:
            message = self._reader.poll(_POLL_SECONDS)
            value = message.value() if message is not None and message.error() is None else None
            if not isinstance(value, bytes):
                continue
            try:
                incident = Incident.FromString(value)
            except DecodeError:
                continue
            if incident.request_id in request_ids:
                found[incident.request_id] = incident
        return found

    def close(self) -> None:
        """Lets go of the broker."""
        self._reader.close()
