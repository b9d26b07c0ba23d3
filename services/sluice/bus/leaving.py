"""How a static member that is told to stop hands its partitions on at once, and not when its session is over."""

import time
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaException

from sluice.telemetry.logging import Log

LEAVE_SECONDS = 2.0
"""Longest time that leaving may take; closing the client then ends the membership as if it had not been tried."""

_POLL_SECONDS = 0.01
_ASK_SECONDS = 0.5


def leave(consumer: Consumer, topics: Sequence[str], held: int, log: Log) -> bool:
    """Takes a member out of its group, so that the others share out its partitions; whether it is out.

    `held`: how many partitions of `topics` the group has given it. One that has all of them is alone: nobody would
    take them, and it keeps its place, so that it finds them again if it is back within the session.

    Closing alone does not do it: a static member sends no LeaveGroup when its client ends, and the broker keeps its
    partitions for `session.timeout.ms` (KIP-345; in librdkafka's rdkafka_cgrp.c `rd_kafka_cgrp_leave_maybe` looks for
    RD_KAFKA_CGRP_F_TERMINATE). One that unsubscribes while its client lives does send it, once the revocation has
    been served (confluent-kafka-go issue 649). `rd_kafka_cgrp_leave` forgets the member's id and sends: no id means
    that the request is on its way, and closing waits for the answer.

    Call it where everything finished is committed and no transaction is open, on the thread that polls: the callback
    of the revocation runs in here. Records that are read meanwhile are dropped. Raises nothing of the client's own.
    """
    try:
        if not consumer.memberid() or _alone(consumer, topics, held):
            return False
        consumer.unsubscribe()
        until = time.monotonic() + LEAVE_SECONDS
        while consumer.memberid():
            if time.monotonic() >= until:
                log.warning("the group was not left in time", seconds=LEAVE_SECONDS)
                return False
            consumer.poll(_POLL_SECONDS)
    except KafkaException as error:
        log.warning("the group was not left", error=error.args[0].name())
        return False
    log.info("left the group", count=held)
    return True


def _alone(consumer: Consumer, topics: Sequence[str], held: int) -> bool:
    return held > 0 and held == sum(
        len(consumer.list_topics(topic, timeout=_ASK_SECONDS).topics[topic].partitions) for topic in topics
    )
