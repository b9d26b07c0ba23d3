"""The table of topics: complete, short-lived where bytes are, all on the broker's clock."""

import pytest

from sluice.bus.topics import CHOSEN_BY_CLIENTS, DAY_MS, HOUR_MS, MIB, TOPICS, Topic, TopicSpec

DEFAULT_INLINE_LIMIT = MIB


def spec_of(topic: Topic) -> TopicSpec:
    return next(spec for spec in TOPICS if spec.topic is topic)


def test_every_topic_is_in_the_table_once() -> None:
    assert sorted(spec.topic for spec in TOPICS) == sorted(Topic)


@pytest.mark.parametrize("spec", TOPICS, ids=lambda spec: spec.topic)
def test_only_the_broker_says_when(spec: TopicSpec) -> None:
    assert spec.settings(1)["message.timestamp.type"] == "LogAppendTime"


@pytest.mark.parametrize("spec", TOPICS, ids=lambda spec: spec.topic)
def test_a_record_outlives_its_retention_by_a_quarter_at_most(spec: TopicSpec) -> None:
    settings = spec.settings(1)
    assert int(settings["segment.ms"]) * 4 <= int(settings["retention.ms"])


def test_bytes_are_kept_for_hours_and_decisions_for_weeks() -> None:
    assert spec_of(Topic.REQUESTS).retention_ms <= 12 * HOUR_MS
    assert spec_of(Topic.CONTENTS).retention_ms <= DAY_MS
    assert spec_of(Topic.VERDICTS).retention_ms >= 14 * DAY_MS
    assert spec_of(Topic.DECISIONS).retention_ms >= 14 * DAY_MS


@pytest.mark.parametrize("topic", sorted(CHOSEN_BY_CLIENTS))
def test_requests_have_room_for_several_inline_pictures(topic: Topic) -> None:
    assert spec_of(topic).max_message_bytes >= 4 * DEFAULT_INLINE_LIMIT


@pytest.mark.parametrize(("replication", "in_sync"), [(1, "1"), (2, "1"), (3, "2")])
def test_a_lost_replica_does_not_stop_writes(replication: int, in_sync: str) -> None:
    assert spec_of(Topic.DECISIONS).settings(replication)["min.insync.replicas"] == in_sync
