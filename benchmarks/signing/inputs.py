"""What is signed: pictures of 1024 x 1024 in every format that can be written here, and fresh certificates."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.images.inputs import SQUARE, draw
from c2pa_signer.manifest import Facts, plan
from sluice.c2pa_sdk import Json, Sdk, SigningKey
from sluice.ids import new_request_id
from sluice.local.authority import issue_chain
from sluice.samples.sample import MEDIA_TYPES

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF")
ALGORITHMS = ("es256", "ed25519")


@dataclass(frozen=True, slots=True)
class Asked:
    """One picture and what it is signed with."""

    form: str
    algorithm: str
    data: bytes
    credentialed: bool = False
    """Whether the picture brings credentials of its own, which the service carries on and the bare call replaces."""

    @property
    def media_type(self) -> str:
        """As the manifest says it."""
        return MEDIA_TYPES[self.form]

    @property
    def key(self) -> str:
        """For the names of figures."""
        return f"{self.form.lower()}_{self.algorithm}{'_credentialed' if self.credentialed else ''}"

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.form} {self.algorithm}{', with credentials' if self.credentialed else ''}"


def asked() -> list[Asked]:
    """Every format with the first algorithm, the first format with every other, and once with credentials."""
    first = [Asked(form, ALGORITHMS[0], encoded(form)) for form in FORMATS]
    others = [Asked(FORMATS[0], algorithm, encoded(FORMATS[0])) for algorithm in ALGORITHMS[1:]]
    return [*first, *others, Asked(FORMATS[0], ALGORITHMS[0], credentialed(FORMATS[0]), credentialed=True)]


@cache
def encoded(form: str) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    options = {"quality": 90} if form in {"JPEG", "WEBP", "AVIF"} else {}
    draw(SQUARE, 1).save(out, form, **options)
    return out.getvalue()


@cache
def credentialed(form: str) -> bytes:
    """The same, signed by somebody else."""
    files, media_type = issue_chain(), MEDIA_TYPES[form]
    key = SigningKey(files["chain.pem"], files["key.pem"])
    return Sdk().sign(key, encoded(form), media_type, manifest(media_type), ())


def facts() -> Facts:
    """Of a generated picture with a hash."""
    return Facts(
        request_id=new_request_id(),
        edit=False,
        policy_digest=b"p" * 32,
        content_digest=b"c" * 32,
        version="0.0.benchmark",
        pdq=b"q" * 32,
        pdq_quality=100,
    )


def manifest(media_type: str) -> Json:
    """What both sides put into the picture."""
    return plan(facts(), media_type).manifest


@cache
def chain(algorithm: str) -> Mapping[str, bytes]:
    """A chain whose first certificate has a key of this algorithm."""
    return issue_chain(algorithm=algorithm)


def written(algorithm: str, folder: Path) -> Path:
    """The same in a folder, as the signer reads it."""
    place = folder / algorithm
    place.mkdir(exist_ok=True)
    for name, content in chain(algorithm).items():
        (place / name).write_bytes(content)
    return place
