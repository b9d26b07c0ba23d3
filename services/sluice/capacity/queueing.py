"""How long requests wait for a place, from how busy the places are.

Poisson arrivals, `servers` places, first come first served. With exponential service times the formulas are exact
(A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges", 1917). For other service times the conditional wait is scaled by (1 + cv^2) / 2, cv being the standard
deviation of the service time over its mean: exact for the mean with one server (Pollaczek and Khinchine), an
approximation for more (A. O. Allen and J. Cunneen; T. Kimura, "Approximations for multi-server queues: system
interpolations", Queueing Systems 17, 1994). The wait of those who wait is taken for exponential.
"""

import math


def erlang_b(servers: int, offered: float) -> float:
    """The part of arrivals that finds all servers busy where nobody waits. `offered`: rate times service time.

    By the recursion B(n) = a B(n-1) / (n + a B(n-1)), which neither overflows nor cancels.
    """
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return blocked


def erlang_c(servers: int, offered: float) -> float:
    """The part of arrivals that has to wait; 1 where there is more work than the servers can do."""
    busy = offered / servers
    if busy >= 1:
        return 1.0
    blocked = erlang_b(servers, offered)
    return blocked / (1 - busy * (1 - blocked))


def mean_wait(servers: int, rate: float, seconds: float, variation: float) -> float:
    """Mean wait in seconds over all arrivals; infinite where there is more work than the servers can do.

    `rate`: arrivals a second; `seconds`: mean service time; `variation`: its standard deviation over its mean.
    """
    offered = rate * seconds
    if offered >= servers:
        return math.inf
    return erlang_c(servers, offered) * _when_waiting(servers, offered, seconds, variation)


def wait_quantile(servers: int, rate: float, seconds: float, variation: float, quantile: float) -> float:
    """The wait, in seconds, that so many of the arrivals do not exceed: 0 where more than that find a free place."""
    offered = rate * seconds
    if offered >= servers:
        return math.inf
    waiting = erlang_c(servers, offered)
    over = 1 - quantile
    if waiting <= over:
        return 0.0
    return math.log(waiting / over) * _when_waiting(servers, offered, seconds, variation)


def _when_waiting(servers: int, offered: float, seconds: float, variation: float) -> float:
    """Mean wait of those who wait."""
    return seconds / (servers - offered) * (1 + variation * variation) / 2
