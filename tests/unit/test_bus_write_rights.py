"""What a broker says of our rights to write a topic."""

from concurrent.futures import Future
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient

from sluice.bus.write_rights import WriteRights


class Answers:
    """A client for which the broker grants these operations, or answers with this error."""

    def __init__(self, granted: list[AclOperation] | None = None, error: int | None = None) -> None:
        self._granted = granted
        self._error = error
        self.polled = 0

    def poll(self, _: float) -> int:
        self.polled += 1
        return 0

    def describe_topics(self, asked: TopicCollection, **how: Any) -> dict[str, Future[Any]]:
        assert how["include_authorized_operations"]
        future: Future[Any] = Future()
        if self._error is None:
            future.set_result(type("Topic", (), {"authorized_operations": self._granted}))
        else:
            future.set_exception(KafkaException(KafkaError(self._error)))
        assert list(asked.topic_names) == ["t"]
        return {"t": future}


@pytest.mark.parametrize(
    ("answers", "may"),
    [
        (Answers([AclOperation.DESCRIBE, AclOperation.WRITE]), True),
        # A right to look is none to write.
        (Answers([AclOperation.DESCRIBE, AclOperation.READ]), False),
        (Answers(None), True),
        (Answers(error=KafkaError.TOPIC_AUTHORIZATION_FAILED), False),
        (Answers(error=KafkaError.LEADER_NOT_AVAILABLE), False),
    ],
)
def test_a_topic_may_be_written_where_the_broker_says_so(answers: Answers, may: bool) -> None:
    made: list[Answers] = []

    def make() -> AdminClient:
        made.append(answers)
        return cast("AdminClient", answers)

    rights = WriteRights(make)
    assert made == []
    assert [rights.may_write("t"), rights.may_write("t")] == [may, may]
    assert (len(made), answers.polled) == (1, 2)
