"""A signing chain, facts and pictures for tests of the signer."""

import datetime as dt
import functools
from pathlib import Path

from c2pa_signer.manifest import Facts
from c2pa_signer.sign import Signer
from sluice.local.authority import issue_chain
from sluice.provenance import Verification, verify
from sluice.samples.patterns import plasma
from sluice.samples.sample import MEDIA_TYPES, encode
from sluice.samples.scenes import cottage

FACTS = Facts(
    request_id="0b8f2c8e-3a55-4f0e-9d6f-3c8a3d5f1e11",
    edit=False,
    policy_digest=b"p" * 32,
    content_digest=b"c" * 32,
    version="0.0.test",
    pdq=b"q" * 32,
    pdq_quality=90,
)


@functools.cache
def picture(picture_format: str = "JPEG") -> bytes:
    """A generated picture."""
    return encode(cottage(512, 768)[::2, ::2], picture_format)


@functools.cache
def upload(picture_format: str = "PNG") -> bytes:
    """Another one, of another shape."""
    return encode(plasma(120, 200), picture_format)


def write_chain(folder: Path, begins: dt.datetime | None = None, leaf_days: int = 365) -> Path:
    """A fresh chain of certificates in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in issue_chain(begins, leaf_days).items():
        (folder / name).write_bytes(content)
    return folder


@functools.cache
def files() -> dict[str, bytes]:
    """One chain for all tests that do not care which."""
    return dict(issue_chain())


def anchor() -> str:
    """The root of `files`."""
    return files()["root.pem"].decode()


def signer(folder: Path) -> Signer:
    """A signer that uses `files`."""
    for name, content in files().items():
        (folder / name).write_bytes(content)
    return Signer.open(folder)


def check(data: bytes, media_type: str = MEDIA_TYPES["JPEG"]) -> Verification:
    """What a verifier that trusts `anchor` says."""
    return verify(data, media_type, anchor())
