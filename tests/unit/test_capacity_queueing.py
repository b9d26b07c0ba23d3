"""Waiting, against values worked out by hand and against what must always be so."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.capacity.queueing import erlang_b, erlang_c, mean_wait, wait_quantile

SERVERS = st.integers(1, 64)
BUSY = st.floats(0.01, 0.98)


def test_erlang_by_hand() -> None:
    # One server: the part of time that it is busy. Two servers, 1 erlang: B = (1/2) / (1 + 1 + 1/2) = 1/5.
    assert erlang_b(1, 0.5) == pytest.approx(0.5 / 1.5)
    assert erlang_b(2, 1.0) == pytest.approx(0.2)
    assert erlang_c(1, 0.5) == pytest.approx(0.5)
    # C = B / (1 - 1/2 (1 - B)) = 0.2 / 0.6.
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)


def test_mean_waits_of_textbooks() -> None:
    # M/M/1: rho / (mu - lambda) = 0.5 / (10 - 5). M/D/1: half of it.
    assert mean_wait(1, 5, 0.1, 1.0) == pytest.approx(0.1)
    assert mean_wait(1, 5, 0.1, 0.0) == pytest.approx(0.05)
    # M/M/2 with 1 erlang: C / (2 mu - lambda) = (1/3) / (20 - 10).
    assert mean_wait(2, 10, 0.1, 1.0) == pytest.approx(1 / 30)


def test_a_quantile_of_m_m_1_is_exact() -> None:
    # P(W > t) = rho e^-(mu - lambda)t: with rho 0.5 and mu - lambda 5, 0.05 is reached at ln(10) / 5.
    assert wait_quantile(1, 5, 0.1, 1.0, 0.95) == pytest.approx(math.log(10) / 5)
    # One in fifty waits at all, so 95 of 100 do not.
    assert wait_quantile(1, 0.2, 0.1, 1.0, 0.95) == 0.0


def test_more_work_than_servers_is_never_done() -> None:
    assert erlang_c(2, 2.0) == 1.0
    assert mean_wait(2, 20, 0.1, 1.0) == math.inf
    assert wait_quantile(2, 21, 0.1, 1.0, 0.95) == math.inf


@given(servers=SERVERS, busy=BUSY, more=st.floats(1.0, 1.02), variation=st.floats(0, 3))
def test_waits_grow_with_load(servers: int, busy: float, more: float, variation: float) -> None:
    rate = busy * servers
    assert mean_wait(servers, rate, 1.0, variation) <= mean_wait(servers, rate * more, 1.0, variation) + 1e-12
    assert 0 <= erlang_c(servers, rate) <= erlang_c(servers, min(rate * more, servers)) + 1e-12 <= 1 + 1e-11


@given(servers=SERVERS, busy=BUSY)
def test_larger_pools_wait_less_at_the_same_load(servers: int, busy: float) -> None:
    assert mean_wait(servers + 1, busy * (servers + 1), 1.0, 1.0) <= mean_wait(servers, busy * servers, 1.0, 1.0)


@given(servers=SERVERS, busy=BUSY, low=st.floats(0.5, 0.99))
def test_quantiles_are_in_order(servers: int, busy: float, low: float) -> None:
    rate = busy * servers
    assert wait_quantile(servers, rate, 1.0, 1.0, low) <= wait_quantile(servers, rate, 1.0, 1.0, (1 + low) / 2)
