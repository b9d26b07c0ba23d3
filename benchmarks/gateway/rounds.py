"""Every side in turn, in every round."""

from collections.abc import Callable, Mapping, Sequence

from benchmarks.gateway.drive import Drive, drive
from benchmarks.gateway.side import Side

Found = Mapping[tuple[str, int], Sequence[Drive]]
"""(side, how many at a time) -> what came of it, a figure per round."""


async def measure(
    sides: Sequence[Side], texts: Sequence[str], at_once: Sequence[int], rounds: int, told: Callable[[str], None]
) -> Found:
    """`rounds` of them after one to warm up. Every other round begins with the last side, so that none has always the
    same one before it. Raises SystemExit where a text is not judged."""
    found: dict[tuple[str, int], list[Drive]] = {(side.name, many): [] for many in at_once for side in sides}
    for turn in range(rounds + 1):
        for many in at_once:
            for side in sides if turn % 2 else reversed(sides):
                one = await drive(side, texts, many)
                name = f"round {turn} of {rounds}" if turn else "warm-up"
                told(f"{name}: {side.name}, {many} at a time: {one.per_second:.1f} per second")
                if turn:
                    found[side.name, many].append(one)
    return found


def answers(found: Found, side: str) -> tuple[bool, ...]:
    """What a side said of each text. Raises SystemExit where it did not always say the same."""
    said = {one.flagged for (name, _), drives in found.items() if name == side for one in drives}
    if len(said) != 1:
        raise SystemExit(f"{side} judged the same text in different ways")
    return said.pop()


def agreed(found: Found, one: str, other: str) -> None:
    """Raises SystemExit where two sides that lead to the same decisions told different ones."""
    apart = sum(a != b for a, b in zip(answers(found, one), answers(found, other), strict=True))
    if apart:
        raise SystemExit(f"{one} and {other} told different decisions of {apart} texts")
