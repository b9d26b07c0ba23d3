"""What stops a run."""

import os
import signal

from sluice.load.clock import Stopping


def test_the_first_signal_stops_sending_and_the_second_stops_waiting() -> None:
    stopping = Stopping()
    before = signal.getsignal(signal.SIGINT)
    with stopping.on_signals():
        os.kill(os.getpid(), signal.SIGINT)
        assert stopping.sending.wait(5)
        assert not stopping.waiting.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping.waiting.wait(5)
    assert signal.getsignal(signal.SIGINT) is before
