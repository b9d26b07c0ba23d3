"""One bit of a file."""


def flipped(data: bytes, at: int) -> bytes:
    """The same bytes with the lowest bit of one of them changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
