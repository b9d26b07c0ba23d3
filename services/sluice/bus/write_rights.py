"""Whether a topic that was refused may be written by now, asked of the broker itself.

Whoever sends to a topic learns it by sending. A door that is not ready is sent nothing any more, so somebody has to
ask.
"""

from collections.abc import Callable
from typing import Final, Protocol

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient

ASK_SECONDS: Final = 2.0
"""How long the broker may take to answer."""


class Asks(Protocol):
    """What tells whether a topic may be written."""

    def may_write(self, topic: str) -> bool:
        """Blocks. False also where the broker does not say."""


class WriteRights:
    """Asks with a client of its own, which is made when it is needed first."""

    def __init__(self, make: Callable[[], AdminClient]) -> None:
        self._make = make
        self._client: AdminClient | None = None

    def may_write(self, topic: str) -> bool:
        """By the operations that the broker grants us on the topic; one that grants everything names none."""
        if self._client is None:
            self._client = self._make()
        # The client says what it has to say of its login while it is polled.
        self._client.poll(0)
        asked = self._client.describe_topics(
            TopicCollection([topic]), include_authorized_operations=True, request_timeout=ASK_SECONDS
        )
        try:
            granted = asked[topic].result().authorized_operations
        except KafkaException:
            return False
        return not granted or AclOperation.WRITE in granted
