"""What a broker refuses a client now. A refusal is said once, and lasts until something of its kind works."""

from confluent_kafka import KafkaError

from sluice.bus.problems import is_login, is_refusal, words
from sluice.errors import NotGrantedError


class Refusals:
    """Refusals by what they are about: a topic, or "" for the whole client. Written on one thread, read on any."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._told)

    def note(self, error: KafkaError, what: str = "") -> bool:
        """Whether the error is a refusal; if so it is kept."""
        if not is_refusal(error):
            return False
        self._told[what] = words(error, what)
        return True

    def clear(self, what: str = "") -> None:
        """This works."""
        self._told.pop(what, None)

    def about(self) -> tuple[str, ...]:
        """What is refused now."""
        return tuple(self._told.copy())

    def text(self) -> str:
        """All of them in words, with what mends them; empty where there is none."""
        return "; ".join(self._told.copy().values())


def check_granted(problem: KafkaError, topic: str) -> None:
    """NotGrantedError where a broker refuses the topic, the readers' group or our credentials. Others pass by: the
    client goes on trying by itself."""
    if is_refusal(problem):
        # Of the group no topic is to be named: the client's own words say what it is about.
        about = topic if problem.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED else ""
        raise NotGrantedError(words(problem, about))
    if is_login(problem):
        raise NotGrantedError(words(problem))
