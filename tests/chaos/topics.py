"""Our topics on a cluster that has only just come up."""

import time

from sluice.bus.create_topics import create
from sluice.errors import RetryableError
from sluice.local.cluster import Cluster

_TRIES = 10


def create_topics(cluster: Cluster, partitions: int) -> None:
    """Makes them, with as many copies as the cluster can hold. Its first minutes see elections: it asks again."""
    for left in reversed(range(_TRIES)):
        try:
            create(cluster.kafka, partitions, cluster.replication)
        except RetryableError:
            if not left:
                raise
            time.sleep(1)
        else:
            return
