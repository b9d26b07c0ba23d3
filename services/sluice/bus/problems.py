"""What an error event of the client means. Three of its codes have names only with a leading underscore."""

from confluent_kafka import KafkaError


def is_end_of_partition(error: KafkaError) -> bool:
    """Not an error: the reader stands at the end of a partition."""
    return error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001 - the client has no other name for it


def is_fatal(error: KafkaError) -> bool:
    """This client is of no use any more. A fatal event of a consumer does not always say so by `fatal()`."""
    return error.fatal() or error.code() == KafkaError._FATAL  # noqa: SLF001 - the client has no other name for it


def is_timeout(error: KafkaError) -> bool:
    """The client gave up waiting for an answer."""
    return error.code() == KafkaError._TIMED_OUT  # noqa: SLF001 - the client has no other name for it
