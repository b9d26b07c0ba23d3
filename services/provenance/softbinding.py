"""The C2PA Soft Binding Resolution API, answered from the records.

Paths, parameters, answers and status codes are those of the OpenAPI document in the C2PA specification 2.x, "Soft
Binding Resolution API". What it leaves open: an error's body is `{"message": ...}`, and a match by fingerprint has
the score 100 less the number of bits that differ.
"""

import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from provenance.http_door import JSON, HttpError, Request, Response
from provenance.jumbf import active_only
from provenance.record import PDQ_ALGORITHM, Records
from sluice.media import sniff

WATERMARK_ALGORITHM: Final = "io.sluice.watermark.1"
"""The value is 16 hexadecimal digits."""
DEFAULT_RESULTS: Final = 10
MOST_RESULTS: Final = 100
C2PA: Final = "application/c2pa"

_DIGITS: Final = {PDQ_ALGORITHM: 64, WATERMARK_ALGORITHM: 16}
_ID: Final = re.compile(r"[!-~]{1,256}")
_BOOLEANS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Match:
    """A manifest of ours. `score`: 0..100, 100 the strongest."""

    label: str
    score: int


Near = Callable[[bytes, int], Awaitable[Sequence[Match]]]
"""(PDQ hash, how many) -> pictures whose fingerprint is near, the nearest first."""
Look = Callable[[bytes, int], Awaitable[Sequence[Match]]]
"""(encoded picture, how many) -> what it may be, the strongest first. HttpError 415 for what is no picture."""


class SoftBinding:
    """One instance for all calls. `watermarks`: whether pictures of ours carry any."""

    def __init__(self, records: Records, near: Near, look: Look, watermarks: bool = False) -> None:
        self._records = records
        self._near = near
        self._look = look
        self._watermarks = watermarks

    async def answer(self, request: Request) -> Response:
        """The answer to a request. HttpError; RetryableError."""
        match request.parts:
            case ("matches", "byBinding"):
                return await self._by_binding(request)
            case ("matches", "byContent"):
                return await self._by_content(request)
            case ("manifests", *label) if label:
                # A slash in an identifier may come as it is.
                return await self._manifest(request, "/".join(label))
            case ("services", "supportedAlgorithms"):
                _allow(request, "GET")
                return Response.json(self._algorithms())
        raise HttpError(HTTPStatus.NOT_FOUND, "no such path")

    def _algorithms(self) -> Mapping[str, Sequence[Mapping[str, str]]]:
        watermarks = [{"alg": WATERMARK_ALGORITHM}] if self._watermarks else []
        return {"watermarks": watermarks, "fingerprints": [{"alg": PDQ_ALGORITHM}]}

    async def _by_binding(self, request: Request) -> Response:
        _allow(request, "GET", "POST")
        most = _most(request.query)
        said = _binding_query(request) if request.method == "POST" else request.query
        if "alg" not in said or "value" not in said:
            raise HttpError(HTTPStatus.BAD_REQUEST, "alg and value are needed")
        return _matches(await self._matching(said["alg"], said["value"], most), most)

    async def _by_content(self, request: Request) -> Response:
        _allow(request, "POST")
        most = _most(request.query)
        if "alg" in request.query:
            self._known(request.query["alg"])
        if not request.kind.startswith(("image/", "application/octet-stream")) or sniff(request.body) is None:
            raise HttpError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body should be a picture")
        found = list(await self._look(request.body, most))
        if "hintAlg" in request.query and "hintValue" in request.query:
            found += await self._matching(request.query["hintAlg"], request.query["hintValue"], most)
        return _matches(found, most)

    async def _manifest(self, request: Request, label: str) -> Response:
        _allow(request, "GET")
        only = _BOOLEANS.get(request.query.get("returnActiveManifest", "false").lower())
        if only is None or not _ID.fullmatch(label):
            raise HttpError(
                HTTPStatus.BAD_REQUEST, "not a manifest identifier, or returnActiveManifest is no boolean"
            )
        found = await self._records.manifest(label)
        if found is None:
            raise HttpError(HTTPStatus.NOT_FOUND, "no such manifest")
        return Response(HTTPStatus.OK, active_only(found) if only else found, C2PA)

    def _known(self, algorithm: str) -> None:
        if algorithm not in {PDQ_ALGORITHM, *([WATERMARK_ALGORITHM] if self._watermarks else [])}:
            raise HttpError(HTTPStatus.BAD_REQUEST, "not an algorithm of /services/supportedAlgorithms")

    async def _matching(self, algorithm: str, value: str, most: int) -> Sequence[Match]:
        self._known(algorithm)
        binding = _decoded(value, _DIGITS[algorithm])
        if algorithm == WATERMARK_ALGORITHM:
            return [Match(each.manifest_label, 100) for each in await self._records.by_watermark(binding)]
        same = [Match(each.manifest_label, 100) for each in await self._records.by_binding(binding)]
        return [*same, *await self._near(binding, most)]


def _allow(request: Request, *methods: str) -> None:
    if request.method not in methods:
        allowed = {"Allow": ", ".join(methods)}
        raise HttpError(HTTPStatus.METHOD_NOT_ALLOWED, "not a method of this path", allowed)


def _most(query: Mapping[str, str]) -> int:
    said = query.get("maxResults", str(DEFAULT_RESULTS))
    if not (said.isascii() and said.isdecimal() and len(said) < 10 and int(said) >= 1):
        raise HttpError(HTTPStatus.BAD_REQUEST, "maxResults should be 1 or more")
    return min(int(said), MOST_RESULTS)


def _binding_query(request: Request) -> Mapping[str, str]:
    if request.kind != JSON:
        raise HttpError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body should be {JSON}")
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise HttpError(HTTPStatus.BAD_REQUEST, "the body is not JSON") from error
    if not isinstance(found, dict):
        raise HttpError(HTTPStatus.BAD_REQUEST, "the body should be an object")
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _decoded(value: str, digits: int) -> bytes:
    """Base64 (also of the kind for URLs) of the hexadecimal digits, as they stand in a manifest, or of the bytes
    that they stand for."""
    try:
        plain = base64.b64decode(value.replace("-", "+").replace("_", "/").replace(" ", "+"), validate=True)
        found = bytes.fromhex(plain.decode("ascii")) if len(plain) == digits else plain
    except (binascii.Error, ValueError) as error:
        raise HttpError(HTTPStatus.BAD_REQUEST, "value is not base64 of the algorithm's value") from error
    if len(found) != digits // 2:
        raise HttpError(HTTPStatus.BAD_REQUEST, "value does not have the length of the algorithm's values")
    return found


def _matches(found: Sequence[Match], most: int) -> Response:
    strongest: dict[str, int] = {}
    for each in found:
        strongest[each.label] = max(each.score, strongest.get(each.label, 0))
    ordered = sorted(strongest.items(), key=lambda pair: -pair[1])[:most]
    return Response.json({"matches": [{"manifestId": label, "similarityScore": score} for label, score in ordered]})
