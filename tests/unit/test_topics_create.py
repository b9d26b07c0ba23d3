"""What creating topics decides before it touches a cluster."""

import pytest

from sluice.bus.create_topics import TopicState, choose_partitions, compare
from sluice.bus.topics import TOPICS, Topic
from sluice.errors import ConfigError

CONTENTS = next(spec for spec in TOPICS if spec.topic is Topic.CONTENTS)


@pytest.mark.parametrize(
    ("existing", "chosen"),
    [
        pytest.param({}, 4, id="an empty cluster: what was asked"),
        pytest.param({Topic.CONTENTS: 8, Topic.VERDICTS: 8}, 8, id="what is there already"),
        pytest.param({Topic.CONTENTS: 8, Topic.REQUESTS: 3}, 8, id="requests may have any number"),
        pytest.param({Topic.REQUESTS: 3}, 4, id="requests alone decide nothing"),
    ],
)
def test_new_topics_get_the_partitions_that_agree(existing: dict[str, int], chosen: int) -> None:
    assert choose_partitions(existing, asked=4) == chosen


def test_topics_that_disagree_are_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigError) as caught:
        choose_partitions({Topic.CONTENTS: 8, Topic.VERDICTS: 4, Topic.DECISIONS: 6}, asked=4)
    assert len(caught.value.problems) == 2
    assert "moderation.decisions has 6 partitions and others have 8" in caught.value.problems[0]
    assert "--alter --topic moderation.verdicts --partitions 8" in caught.value.problems[1]


def test_a_topic_as_the_table_says_differs_in_nothing() -> None:
    assert compare(CONTENTS, TopicState(4, CONTENTS.settings(1)), replication=1) == []


def test_clock_and_retention_are_put_right_and_the_rest_is_only_reported() -> None:
    found = {
        **CONTENTS.settings(1),
        "message.timestamp.type": "CreateTime",
        "retention.ms": "1000",
        "max.message.bytes": "10",
    }
    differences = compare(CONTENTS, TopicState(4, found), replication=1)
    assert {(each.setting, each.found, each.corrected) for each in differences} == {
        ("message.timestamp.type", "CreateTime", True),
        ("retention.ms", "1000", True),
        ("max.message.bytes", "10", False),
    }
