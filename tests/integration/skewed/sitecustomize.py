"""On PYTHONPATH of a child process: its wall clock is wrong by TEST_CLOCK_AHEAD seconds. Monotonic time is not."""

import os
import time

_AHEAD = float(os.environ["TEST_CLOCK_AHEAD"])
_time, _time_ns = time.time, time.time_ns
time.time = lambda: _time() + _AHEAD
time.time_ns = lambda: _time_ns() + int(_AHEAD * 1e9)
