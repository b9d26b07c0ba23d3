"""One sealed object: AES-256-GCM over a padded plaintext, bound to the place where it lies.

    bytes  0..3   SLV1
    bytes  4..15  nonce, random
    bytes 16..    ciphertext, and the tag in its last 16 bytes

The plaintext is its length in 8 bytes (big end first), the data, and zeros: a store, and whoever lists it, should not
tell a known file by its size. What is authenticated beside it is the place: which evidence, which part of it. So an
object that is moved, renamed or put back is refused like one with a bit turned. A data key seals a handful of
objects, far from the 2^32 random nonces that NIST SP 800-38D (8.3) allows for one key.
"""

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sluice.vault.errors import TamperedError

KEY_BYTES = 32
MOST_BYTES = 64 << 20
"""Of what is sealed in one piece: the largest picture that ingest can be told to take (SLUICE_MAX_IMAGE_BYTES)."""
MOST_SEALED_BYTES = MOST_BYTES + (MOST_BYTES >> 3) + 4096
"""Of a sealed object: padding adds less than an eighth."""

_MAGIC = b"SLV1"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_LENGTH_BYTES = 8
_LEAST_PADDED = 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed object belongs. `part`: body, record, key or root."""

    evidence: str
    generation: int
    part: str
    number: int

    @property
    def key(self) -> str:
        """Its key on the shelf."""
        return f"evidence/{self.evidence}/{self.generation:012d}/{self.part}/{self.number:06d}"

    @property
    def associated(self) -> bytes:
        """What is authenticated with the bytes. None of its pieces holds the separator."""
        return f"sluice-vault/1|{self.evidence}|{self.generation}|{self.part}|{self.number}".encode()


def seal(key: bytes, data: bytes, place: Place) -> bytes:
    """The object. `key`: 32 bytes. Raises ValueError for more than `MOST_BYTES`."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"{len(data)} bytes, at most {MOST_BYTES} are sealed in one piece")
    length = _LENGTH_BYTES + len(data)
    plain = len(data).to_bytes(_LENGTH_BYTES) + data + bytes(padded(length) - length)
    nonce = os.urandom(_NONCE_BYTES)
    return _MAGIC + nonce + AESGCM(key).encrypt(nonce, plain, place.associated)


def unseal(key: bytes, sealed: bytes, place: Place) -> bytes:
    """The data. Raises TamperedError where any bit of the object, or its place, is another."""
    head = len(_MAGIC) + _NONCE_BYTES
    if len(sealed) < head + _TAG_BYTES or not sealed.startswith(_MAGIC):
        raise TamperedError(f"{place.key} is not a sealed object")
    try:
        plain = AESGCM(key).decrypt(sealed[len(_MAGIC) : head], sealed[head:], place.associated)
    except InvalidTag:
        raise TamperedError(f"{place.key} is not what was sealed there") from None
    length = int.from_bytes(plain[:_LENGTH_BYTES])
    if length > len(plain) - _LENGTH_BYTES:
        raise TamperedError(f"{place.key} says that it is longer than it is")
    return plain[_LENGTH_BYTES : _LENGTH_BYTES + length]


def padded(length: int) -> int:
    """The length that `length` bytes are filled up to: at least 1024, and above that one of the few that leave
    O(log log) bits of it (Padme: Nikitin et al., PURBs, PETS 2019, section 4), at most 12 % more."""
    if length <= _LEAST_PADDED:
        return _LEAST_PADDED
    exponent = length.bit_length() - 1
    loose = (1 << (exponent - exponent.bit_length())) - 1
    return (length + loose) & ~loose
