"""`sluice provenance find`."""

import os
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import grpc
import typer

from sluice.cli.provenance_files import STANDARD_INPUT, UnreadError, read_picture
from sluice.cli.tell import one_line, put_json, refuse, wants_json
from sluice.client_tls import open_channel, read_client_tls
from sluice.errors import NotReadyError, RetryableError, TerminalError
from sluice.local.state import read_running
from sluice.moments import when
from sluice.settings import sluice_home
from sluice.v1.provenance_pb2 import Answer, Evidence, Finding, FindRequest, FindResponse
from sluice.v1.provenance_pb2_grpc import ProvenanceStub

PERHAPS: Final = 3
"""Exit status where something of ours looks alike, and no more is known."""

_SECONDS: Final = 120.0
"""A look-up reads up to six pictures, each in a process of its own."""
_OPTIONS: Final = (("grpc.enable_http_proxy", 0), ("grpc.max_send_message_length", -1))
_WORDS: Final = {
    Answer.ANSWER_OURS: "ours",
    Answer.ANSWER_PERHAPS: "perhaps ours",
    Answer.ANSWER_UNKNOWN: "unknown",
}
_MEANT: Final = {
    Evidence.EVIDENCE_CREDENTIAL: "it carries a manifest that a trusted certificate of ours signed",
    Evidence.EVIDENCE_EXACT_BYTES: "these very bytes are on record",
    Evidence.EVIDENCE_EXACT_PIXELS: "the same pixels are on record, in another file",
    Evidence.EVIDENCE_WATERMARK: "it carries the watermark of a picture on record",
    Evidence.EVIDENCE_FINGERPRINT_VERIFIED: "laid over a picture on record, it shows the same",
    Evidence.EVIDENCE_FINGERPRINT_CANDIDATE: "a picture on record looks alike; another of the same prompt could, too",
}
_UNKNOWN: Final = "nothing on record was found that it comes from, which says nothing about who made it"


def find(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Pictures; - is standard input.")],
    address: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="The provenance service. Default: that of the running stack.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One object per file, also on a terminal.")] = False,
) -> None:
    """Did we make this? Tell which signed picture of ours a picture is or comes from, and how that is known.

    The running provenance service is asked. That it finds nothing does not mean that a picture is not ours: records
    end, and pictures can be changed until nothing is left that could be found.

    Exit status: 0 every picture was found, 3 one at least only looks like one of ours, 1 one at least is unknown or
    could not be read, 2 wrong usage.
    """
    if files.count(STANDARD_INPUT) > 1:
        refuse("standard input can be read once only")
    worst = 0
    with open_channel(address or _address(), read_client_tls(os.environ), _OPTIONS) as channel:
        for file, found in _answers(ProvenanceStub(channel), files):
            worst = _worse(worst, found)
            if wants_json(as_json):
                put_json({"file": file, **as_form(found)})
            else:
                print("\n".join(as_lines(file, found)))
    if worst:
        raise typer.Exit(worst)


def as_form(found: FindResponse | str) -> dict[str, object]:
    """As JSON. A text: why the picture was not read."""
    if isinstance(found, str):
        return {"answer": "unread", "reason": found}
    return {
        "answer": _word(found).replace(" ours", ""),
        "not_asked": list(found.not_asked),
        "findings": [_form(one) for one in found.findings],
    }


def as_lines(file: str, found: FindResponse | str) -> list[str]:
    """For people; nothing that somebody else wrote steers the terminal."""
    if isinstance(found, str):
        return [one_line(f"{file}: not read: {found}")]
    lines = [f"{file}: {_word(found)}"]
    if not found.findings:
        lines[0] += f": {_UNKNOWN}"
    for one in found.findings:
        lines.append(f"  {_evidence(one)} ({one.confidence:.2f}): {_MEANT.get(one.evidence, '')}")
        lines += [f"    {name:<12} {value}" for name, value in _rows(one)]
    lines += [f"  not asked: {layer}; what it would have said is not known" for layer in found.not_asked]
    return [one_line(line) for line in lines]


def _answers(stub: ProvenanceStub, files: Sequence[str]) -> Iterator[tuple[str, FindResponse | str]]:
    for file in files:
        try:
            yield file, _ask(stub, read_picture(file))
        except UnreadError as error:
            yield file, str(error)


def _ask(stub: ProvenanceStub, image: bytes) -> FindResponse:
    try:
        return stub.Find(FindRequest(image=image), timeout=_SECONDS)
    except grpc.RpcError as error:
        code, details = error.code(), error.details()
        if code is grpc.StatusCode.INVALID_ARGUMENT:
            raise UnreadError(str(details)) from error
        words = f"the provenance service: {code.name}: {details}"
        if code in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}:
            raise RetryableError(words) from error
        raise TerminalError(words) from error


def _address() -> str:
    home = sluice_home(os.environ)
    running = read_running(home)
    if running is None:
        raise NotReadyError(f"no stack runs in {home}: `sluice up` starts one, or name a service with --address")
    if "provenance" not in running.services:
        raise NotReadyError("the running stack has no provenance service: `sluice up` without `--without` starts it")
    return running.services["provenance"].address


def _worse(so_far: int, found: FindResponse | str) -> int:
    """Unknown and unread are worse than perhaps, perhaps is worse than found."""
    if isinstance(found, str) or found.answer not in {Answer.ANSWER_OURS, Answer.ANSWER_PERHAPS}:
        return 1
    return so_far or (PERHAPS if found.answer == Answer.ANSWER_PERHAPS else 0)


def _word(found: FindResponse) -> str:
    return _WORDS.get(found.answer, "unknown")


def _evidence(one: Finding) -> str:
    return Evidence.Name(one.evidence).removeprefix("EVIDENCE_")


def _form(one: Finding) -> dict[str, object]:
    near = {"variant": one.variant, "distance": one.distance, "similarity": one.similarity} if one.variant else {}
    return {
        "evidence": _evidence(one),
        "meaning": _MEANT.get(one.evidence, ""),
        "confidence": round(one.confidence, 3),
        **dict(_rows(one)),
        **near,
    }


def _rows(one: Finding) -> list[tuple[str, str]]:
    """What is known of the picture on record."""
    rows = [
        ("request_id", one.request_id),
        ("signed_at", when(one.signed_at_ms) if one.signed_at_ms else ""),
        ("manifest", one.manifest_label),
        ("certificate", one.certificate_serial),
        ("media_type", one.media_type),
        ("sha256", one.signed_sha256.hex()),
        ("policy", one.policy_digest.hex()),
    ]
    return [(name, value) for name, value in rows if value]
