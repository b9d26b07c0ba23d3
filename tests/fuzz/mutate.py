"""One broken file from good ones, by a random generator that decides everything: the same one, the same file."""

from collections.abc import Callable, Sequence
from random import Random

from tests.fuzz.containers import pieces, repaired, sealed

_EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x4000, 20_000)
"""Values at which lengths, counts and sizes go wrong."""

Mutator = Callable[[Random, bytes, Sequence[bytes]], bytes]


def mutated(random: Random, seeds: Sequence[bytes], strangers: Sequence[bytes]) -> tuple[str, bytes]:
    """The names of what was done, and the file. `seeds`: of its format; `strangers`: of the others."""
    data = random.choice(seeds)
    done = []
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 6))):
        name, mutator = random.choice(MUTATORS)
        data = mutator(random, data, strangers if random.random() < 0.05 else seeds)[:_LONGEST]
        done.append(name)
    if random.random() < 0.5:
        # Else most files end where their structure is walked, and few reach the decoders behind.
        data = sealed(data)
        done.append("sealed")
    return "+".join(done), data


_LONGEST = 200_000


def flip_bits(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A few bits."""
    out = bytearray(data)
    for _number in range(random.randint(1, 8) if out else 0):
        out[random.randrange(len(out))] ^= 1 << random.randrange(8)
    return bytes(out)


def set_bytes(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A number at its edge, in either byte order, somewhere: most often near the start."""
    out = bytearray(data)
    width = random.choice((1, 2, 4))
    if len(out) > width:
        at = min(len(out) - width, random.choice((random.randrange(64), random.randrange(len(out)))))
        value = random.choice(_EDGES) & ((1 << 8 * width) - 1)
        out[at : at + width] = value.to_bytes(width, "big" if random.random() < 0.5 else "little")
    return bytes(out)


def add_small(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A field that is a little more or less than it was."""
    out = bytearray(data)
    if len(out) > 4:
        at, order = random.randrange(len(out) - 4), random.choice(("big", "little"))
        value = int.from_bytes(out[at : at + 4], order) + random.randint(-4, 4)  # type: ignore[arg-type]  # one of two
        out[at : at + 4] = (value & 0xFFFF_FFFF).to_bytes(4, order)  # type: ignore[arg-type]  # one of two
    return bytes(out)


def cut(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """The file up to somewhere."""
    return data[: random.randint(0, len(data))]


def append(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Something behind the end: noise, or another file."""
    return data + (random.choice(others) if random.random() < 0.5 else random.randbytes(random.randint(1, 400)))


def drop(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A stretch taken out."""
    at = random.randint(0, len(data))
    return data[:at] + data[at + random.randint(1, 64) :]


def repeat(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A stretch, again and again."""
    at = random.randint(0, len(data))
    part = data[at : at + random.randint(1, 64)]
    return data[:at] + part * random.choice((2, 3, 50)) + data[at:]


def splice(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """The start of one file and the end of another."""
    other = random.choice(others)
    return data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]


def rearrange(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Chunks dropped, doubled or in another order; checksums right."""
    parts = pieces(data)
    if len(parts) > 2:
        one, other = random.randrange(1, len(parts)), random.randrange(1, len(parts))
        match random.randrange(3):
            case 0:
                del parts[one]
            case 1:
                parts.insert(other, parts[one])
            case _:
                parts[one], parts[other] = parts[other], parts[one]
    return repaired(parts)


def transplant(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """A chunk of another file put in, or in place of one."""
    parts, donors = pieces(data), pieces(random.choice(others))
    at = random.randrange(len(parts))
    parts[at : at + random.randint(0, 1)] = [random.choice(donors)]
    return repaired(parts)


def edit_chunk(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A chunk changed inside; checksums right, so that a decoder believes it."""
    parts = pieces(data)
    at = random.randrange(len(parts))
    parts[at] = random.choice((flip_bits, set_bytes, add_small))(random, parts[at], ())
    return repaired(parts)


def grow(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A picture that says it is enormous: a size's usual place filled with a large number; checksums right."""
    places = {b"\x89P": (16, 20), b"RI": (24, 27, 26, 21), b"GI": (6, 8), b"\xff\xd8": ()}.get(data[:2], ())
    out = bytearray(data)
    names = [at for name in (b"\xff\xc0", b"\xff\xc2", b"ispe", b"VP8X") if (at := data.find(name)) > 0]
    at = random.choice([*places, *(name + random.choice((4, 5, 7, 8, 11)) for name in names), random.randrange(64)])
    value = random.choice((0xFFFF, 0x7FFF, 30_000, 8_000, 0x3FFF))
    width = random.choice((2, 4))
    out[at : at + width] = value.to_bytes(width, random.choice(("big", "little")))
    return repaired(pieces(bytes(out)))


MUTATORS: tuple[tuple[str, Mutator], ...] = tuple(
    (mutator.__name__, mutator)
    for mutator in (
        flip_bits,
        set_bytes,
        add_small,
        cut,
        append,
        drop,
        repeat,
        splice,
        rearrange,
        transplant,
        edit_chunk,
        edit_chunk,
        grow,
    )
)
