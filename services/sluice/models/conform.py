"""Whether an adapter for the CSAM slot does what `CsamAdapter` says. Anybody's can be tried; no real content is used.

Every picture here is drawn by code. So the test shows that an adapter keeps its contract and is quiet about harmless
pictures; how much it finds is between the operator, the provider, and the law.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sluice.check import Digests, Item, Kind, Picture
from sluice.errors import RetryableError, SluiceError, TerminalError
from sluice.hashing import digests, pdq_dihedral
from sluice.models import golden
from sluice.models.csam import CsamAdapter, scores_of
from sluice.pixels import Rgb, encode

SAME = 1e-3
"""How far two scores of one picture may be apart."""
HIGH = 0.5
CANCEL_SECONDS = 5.0

Open = Callable[[], Awaitable[CsamAdapter]]
_Test = Callable[[CsamAdapter, Sequence[Item]], Awaitable[str]]
"""What went wrong, or an empty text."""
_BUGS = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What code raises that was not written for us. Their messages are not repeated: they may hold content."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. `shown`: it holds. `detail`: why not, or what could not be told."""

    name: str
    shown: bool
    detail: str = ""
    required: bool = True


async def conform(open_adapter: Open) -> list[Finding]:
    """Everything that was tried, in order. Raises what `open` raises; an error of `score` is a finding."""
    adapter = await open_adapter()
    given = await asyncio.to_thread(items)
    try:
        found = [_says_who_it_is(adapter)]
        for name, test in _TESTS:
            found.append(await _tried(name, test, adapter, given))
        found.append(await _trial(adapter, given))
    finally:
        await adapter.close()
    return found


def items() -> list[Item]:
    """Five harmless pictures, with digests, as the host would hand them over."""
    ramp, blocks = (draw() for draw in golden.PICTURES.values())
    grey = np.full((96, 160, 3), 127, np.uint8)
    return [_item(rgb, index) for index, rgb in enumerate((ramp, blocks, grey, 255 - ramp, blocks[:, ::-1].copy()))]


def _item(rgb: Rgb, index: int) -> Item:
    rendition = encode(rgb)
    plain, (pdq, quality) = digests(rendition.data), pdq_dihedral(rgb)
    found = Digests(plain.md5, plain.sha1, plain.sha256, pdq, quality)
    size = (rendition.width, rendition.height)
    return Item(f"c{index}", Kind.IMAGE, digests=found, width=size[0], height=size[1], rendition=rendition)


def _says_who_it_is(adapter: CsamAdapter) -> Finding:
    info = adapter.info()
    good = bool(info.name.strip()) and bool(info.version.strip()) and len(info.digest) == 32
    return Finding("says name, version, and a digest of 32 bytes", good, "" if good else f"it says {info}")


async def _tried(name: str, test: _Test, adapter: CsamAdapter, given: Sequence[Item]) -> Finding:
    try:
        trouble = await test(adapter, given)
    except SluiceError as error:
        trouble = f"{type(error).__name__}: {error}"
    except _BUGS as error:
        trouble = f"{type(error).__name__}, where RetryableError or TerminalError should be raised"
    return Finding(name, not trouble, trouble)


async def _one_score_each(adapter: CsamAdapter, given: Sequence[Item]) -> str:
    for count in (1, 2, 5):
        await scores_of(adapter, given[:count])
    return ""


async def _quiet(adapter: CsamAdapter, given: Sequence[Item]) -> str:
    worst = max(await scores_of(adapter, given))
    return "" if worst < HIGH else f"a picture drawn by code got {worst:.3f}"


async def _same_again(adapter: CsamAdapter, given: Sequence[Item]) -> str:
    first, second = await scores_of(adapter, given), await scores_of(adapter, given)
    return _apart(first, second, "between two calls")


async def _alone(adapter: CsamAdapter, given: Sequence[Item]) -> str:
    together = await scores_of(adapter, given)
    alone = [(await scores_of(adapter, [item]))[0] for item in given]
    return _apart(together, alone, "with the pictures beside it")


async def _in_order(adapter: CsamAdapter, given: Sequence[Item]) -> str:
    trial = adapter.trial()
    # The trial picture makes a mix-up visible: harmless ones may all have one score.
    mixed = given if trial is None else [given[0], trial, *given[1:]]
    forwards = await scores_of(adapter, mixed)
    backwards = await scores_of(adapter, mixed[::-1])
    return _apart(forwards, backwards[::-1], "with its place in the batch")


async def _at_once(adapter: CsamAdapter, given: Sequence[Item]) -> str:
    wanted = await scores_of(adapter, given)
    # All of them end before the first is looked at: what is left running would disturb the next test.
    answers = await asyncio.gather(*(scores_of(adapter, given) for _ in range(4)), return_exceptions=True)
    for found in answers:
        if isinstance(found, BaseException):
            raise found
        if trouble := _apart(wanted, found, "when calls overlap"):
            return trouble
    return ""


async def _unreadable(adapter: CsamAdapter, given: Sequence[Item]) -> str:
    broken = replace(given[0], rendition=Picture(b"no JPEG", 64, 64))
    for batch in ([broken], [given[1], broken]):
        try:
            await scores_of(adapter, batch)
        except (TerminalError, RetryableError):
            continue
        return "a rendition that is no JPEG got a score; it should raise TerminalError"
    return ""


async def _cancelled(adapter: CsamAdapter, given: Sequence[Item]) -> str:
    call = asyncio.ensure_future(scores_of(adapter, given))
    await asyncio.sleep(0)
    call.cancel()
    done, _ = await asyncio.wait([call], timeout=CANCEL_SECONDS)
    if not done:
        return f"a cancelled call still ran after {CANCEL_SECONDS:.0f} s"
    if not call.cancelled():
        call.result()
    await scores_of(adapter, given[:1])
    return ""


async def _trial(adapter: CsamAdapter, given: Sequence[Item]) -> Finding:
    name = f"scores its own trial picture at {HIGH} or more"
    trial = adapter.trial()
    if trial is None:
        return Finding(name, False, "not shown: it has no trial picture", required=False)

    async def high(_: CsamAdapter, __: Sequence[Item]) -> str:
        (score,) = await scores_of(adapter, [trial])
        return "" if score >= HIGH else f"it got {score:.3f}"

    return await _tried(name, high, adapter, given)


def _apart(one: Sequence[float], other: Sequence[float], why: str) -> str:
    off = max(abs(a - b) for a, b in zip(one, other, strict=True))
    return "" if off <= SAME else f"a picture's score changes by {off:.3g} {why}"


_TESTS: tuple[tuple[str, _Test], ...] = (
    ("gives one score from 0 to 1 per picture", _one_score_each),
    (f"scores pictures drawn by code under {HIGH}", _quiet),
    ("gives the same score again", _same_again),
    ("does not let one picture's score depend on others", _alone),
    ("keeps the order", _in_order),
    ("answers calls that overlap", _at_once),
    ("refuses what it cannot read", _unreadable),
    ("lets a call be cancelled", _cancelled),
)
