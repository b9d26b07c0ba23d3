"""What an error event of the client means. Three of its codes have names only with a leading underscore."""

from typing import Final

from confluent_kafka import KafkaError

_REFUSED: Final = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
_LOGIN: Final = frozenset(
    {
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
        KafkaError.ILLEGAL_SASL_STATE,
        KafkaError._AUTHENTICATION,  # noqa: SLF001 - the client has no other name for it
        KafkaError._SSL,  # noqa: SLF001 - the client has no other name for it
    }
)


def is_end_of_partition(error: KafkaError) -> bool:
    """Not an error: the reader stands at the end of a partition."""
    return error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001 - the client has no other name for it


def is_fatal(error: KafkaError) -> bool:
    """This client is of no use any more. A fatal event of a consumer does not always say so by `fatal()`."""
    return error.fatal() or error.code() == KafkaError._FATAL  # noqa: SLF001 - the client has no other name for it


def is_timeout(error: KafkaError) -> bool:
    """The client gave up waiting for an answer."""
    return error.code() == KafkaError._TIMED_OUT  # noqa: SLF001 - the client has no other name for it


def is_refusal(error: KafkaError) -> bool:
    """The broker knows who we are, and does not let us do this. Nothing but a grant mends it."""
    return error.code() in _REFUSED


def is_login(error: KafkaError) -> bool:
    """A broker does not take our credentials, or we do not take its certificate."""
    return error.code() in _LOGIN


def refused(error: KafkaError, what: str = "") -> str:
    """In words, with what mends it. `what`: the topic, group or id; by default the client's own words tell it."""
    name = f"{what}: " if what else ""
    return f"{name}{error.name()} ({error.str()}): `sluice topics access` shows what each principal needs"


def login(error: KafkaError) -> str:
    """In words, with what mends it."""
    return f"{error.name().lstrip('_')}: {error.str()}: look at KAFKA_SASL_*, KAFKA_SSL_* and KAFKA_SECURITY_PROTOCOL"


def words(error: KafkaError, what: str = "") -> str:
    """What there is to say of any error; the client's words never hold content or passwords."""
    if is_refusal(error):
        return refused(error, what)
    return login(error) if is_login(error) else error.str()
