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


async def test_the_board_has_what_is_refused_and_lets_it_go() -> None:
    log = Log("test")
    readiness, access = Readiness("", log), BrokerAccess(log)
    producer = AsyncProducer(plain_producer(KafkaSettings({"bootstrap.servers": "127.0.0.1:1"}), {"log_level": 0}))
    try:
        async with watching_access(access, producer, readiness):
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
