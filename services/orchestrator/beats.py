"""Threads that no longer get on, seen from another one: calls of a Kafka client may never return (ADR 11)."""

from collections.abc import Mapping


class Beats:
    """What a thread counts whenever it gets on, however little."""

    def __init__(self) -> None:
        self.count = 0

    def beat(self) -> None:
        """It gets on."""
        self.count += 1


class Standing:
    """Looks at the counts of some threads. One that was frozen with all of the process was not looked at, either."""

    def __init__(self, threads: Mapping[str, Beats], looks: int) -> None:
        """`threads`: by the name that a person is told. `looks`: so many in a row without a beat are too many."""
        self._threads = threads
        self._looks = looks
        self._seen = dict.fromkeys(threads, (0, 0))

    def look(self) -> str | None:
        """The name of a thread that does not get on."""
        for name, beats in self._threads.items():
            count, looks = self._seen[name]
            self._seen[name] = (beats.count, looks + 1 if beats.count == count else 0)
        return next((name for name, (_, looks) in self._seen.items() if looks >= self._looks), None)
