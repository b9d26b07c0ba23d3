"""What a broker refuses a process, on the board."""

import asyncio
import time

from confluent_kafka import KafkaError

from sluice.bus.clients import plain_producer
from sluice.bus.producer import AsyncProducer
from sluice.host.broker_access import LASTS_SECONDS, BrokerAccess, watching_access
from sluice.host.readiness import Readiness
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log

LOGIN = KafkaError(KafkaError.SASL_AUTHENTICATION_FAILED)
TOPIC = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)


def test_a_login_that_fails_is_told_until_nobody_says_so_any_more() -> None:
    access = BrokerAccess(Log("test"))
    access.heard(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
    access.heard(None)
    assert access.trouble(time.monotonic()) == ""
    access.heard(LOGIN)
    assert "KAFKA_SASL_*" in access.trouble(time.monotonic())
    assert access.trouble(time.monotonic() + LASTS_SECONDS) == ""


async def told(readiness: Readiness, word: str) -> None:
    async with asyncio.timeout(20):
        while word not in " ".join(readiness.reasons):
            await asyncio.sleep(0.05)


class Grants:
    """Rights that are granted, or are not."""

    def __init__(self) -> None:
        self.granted = False
        self.asked: list[str] = []

    def may_write(self, topic: str) -> bool:
        self.asked.append(topic)
        return self.granted


async def test_a_topic_that_nobody_writes_any_more_is_asked_for() -> None:
    """As where it was a door that was refused: not being ready, it is sent nothing that could show the grant."""
    log, grants = Log("test"), Grants()
    readiness = Readiness("", log)
    producer = AsyncProducer(plain_producer(KafkaSettings({"bootstrap.servers": "127.0.0.1:1"}), {"log_level": 0}))
    try:
        async with watching_access(BrokerAccess(log), producer, readiness, grants, 0.05):
            producer.refused.note(TOPIC, "moderation.requests")
            producer.refused.note(KafkaError(KafkaError.CLUSTER_AUTHORIZATION_FAILED))
            await told(readiness, "moderation.requests: TOPIC_AUTHORIZATION_FAILED")
            async with asyncio.timeout(20):
                while len(grants.asked) < 3 or "CLUSTER" in producer.refused.text():
                    await asyncio.sleep(0.05)
            assert "moderation.requests" in readiness.reasons[0]
            grants.granted = True
            async with asyncio.timeout(20):
                while readiness.reasons:
                    await asyncio.sleep(0.05)
        assert set(grants.asked) == {"moderation.requests"}
    finally:
        await producer.close(0.1)


async def test_the_board_has_what_is_refused_and_lets_it_go() -> None:
    log = Log("test")
    readiness, access = Readiness("", log), BrokerAccess(log)
    producer = AsyncProducer(plain_producer(KafkaSettings({"bootstrap.servers": "127.0.0.1:1"}), {"log_level": 0}))
    try:
        async with watching_access(access, producer, readiness, Grants()):
            access.heard(LOGIN)
            producer.refused.note(TOPIC, "moderation.verdicts")
            await told(readiness, "KAFKA_SASL_*")
            await told(readiness, "moderation.verdicts: TOPIC_AUTHORIZATION_FAILED")
            producer.refused.clear("moderation.verdicts")
            async with asyncio.timeout(20):
                while len(readiness.reasons) > 1:
                    await asyncio.sleep(0.05)
        assert "KAFKA_SASL_*" in readiness.reasons[0]
    finally:
        await producer.close(0.1)
