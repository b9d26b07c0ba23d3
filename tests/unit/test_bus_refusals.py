"""What a broker refuses, kept until something of its kind works."""

import pytest
from confluent_kafka import KafkaError

from sluice.bus.problems import is_login, is_refusal, words
from sluice.bus.refusals import Refusals, check_granted
from sluice.errors import NotGrantedError, RetryableError

TOPIC = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
GROUP = KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED)
LOGIN = KafkaError(KafkaError.SASL_AUTHENTICATION_FAILED)
AWAY = KafkaError(KafkaError.LEADER_NOT_AVAILABLE)


def test_a_refusal_is_told_apart_from_a_login_and_from_trouble() -> None:
    assert [is_refusal(one) for one in (TOPIC, GROUP, LOGIN, AWAY)] == [True, True, False, False]
    assert [is_login(one) for one in (TOPIC, GROUP, LOGIN, AWAY)] == [False, False, True, False]
    assert "sluice topics access" in words(TOPIC, "moderation.contents")
    assert words(TOPIC, "moderation.contents").startswith("moderation.contents: TOPIC_AUTHORIZATION_FAILED")
    assert "KAFKA_SASL_*" in words(LOGIN)
    assert words(AWAY) == AWAY.str()


def test_it_lasts_until_its_own_topic_works() -> None:
    found = Refusals()
    assert not found.note(AWAY, "a")
    assert not found
    assert found.note(TOPIC, "a")
    assert found.note(GROUP)
    found.clear("b")
    assert "a: TOPIC" in found.text()
    assert sorted(found.about()) == ["", "a"]
    assert "GROUP" in found.text()
    found.clear("a")
    found.clear()
    assert (bool(found), found.text()) == (False, "")


def test_a_command_ends_with_what_it_lacks_and_trouble_passes_by() -> None:
    check_granted(AWAY, "a")
    with pytest.raises(NotGrantedError, match=r"^a: TOPIC_AUTHORIZATION_FAILED") as caught:
        check_granted(TOPIC, "a")
    assert isinstance(caught.value, RetryableError)
    # Of a group the topic says nothing.
    with pytest.raises(NotGrantedError, match=r"^GROUP_AUTHORIZATION_FAILED"):
        check_granted(GROUP, "a")
    with pytest.raises(NotGrantedError, match="KAFKA_SASL"):
        check_granted(LOGIN, "a")
