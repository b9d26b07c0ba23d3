"""The CyberTipline Reporting API as the reporter uses it: five calls that change something, and two that only ask."""

import hashlib
from typing import Final
from urllib.parse import urlencode

from reporter.ports import Finished, Refusal, Submitted, TiplineError, Uploaded
from reporter.tipline.answers import Answer, is_report_id, of_report, read_answer
from reporter.tipline.codes import INVALID
from reporter.tipline.http import Http
from reporter.tipline.multipart import upload_form
from reporter.tipline.schema import load_schema, problems_of
from reporter.tipline.settings import TiplineSettings

_XML: Final = "text/xml; charset=utf-8"
_FORM: Final = "application/x-www-form-urlencoded"
_MOST_TOLD: Final = 5


class CyberTipline:
    """Sends what it is given to one endpoint; keeps no state. It is a `Tipline`, and raises TiplineError alone.

    A RETRY says that nothing is known: the call may have been done, and its answer lost. After a lost answer to
    `submit` nobody knows the id of the report that may be open; it is deleted unfinished within a day. After a lost
    answer to any other call, `retract` tells: GONE is a report that was never finished, ALREADY is one that was.
    """

    def __init__(self, settings: TiplineSettings) -> None:
        """Raises NotReadyError where the schema or the authorities cannot be read."""
        self.endpoint = settings.endpoint
        self._http = Http(settings)
        self._schema = load_schema(settings.schema)
        self._names = self._schema.names()
        self._seconds = settings.seconds
        self._upload_seconds = settings.upload_seconds

    @property
    def where(self) -> str:
        """Which endpoint, without its path."""
        return self.endpoint.where

    async def status(self) -> None:
        """Returns where the server answers and knows the credentials."""
        reply = await self._http.ask("GET", "/status", self._seconds)
        read_answer(reply.status, reply.body, self._names)

    async def schema(self) -> bytes:
        """The server's own schema, as it came."""
        reply = await self._http.ask("GET", "/xsd", self._seconds)
        if reply.status != 200 or b"<" not in reply.body[:100] or b"Response>" in reply.body:
            read_answer(reply.status, reply.body, self._names)
        return reply.body

    async def submit(self, report: bytes) -> Submitted:
        """Opens a report. TERMINAL with code 4100, and nothing was sent, where the document is not valid."""
        answer = await self._document("/submit", report, "report")
        if not answer.report_id:
            raise TiplineError(Refusal.RETRY, 0, "a report was opened, and its id is not told")
        return Submitted(answer.report_id)

    async def upload(self, report_id: str, name: str, data: bytes) -> Uploaded:
        """Adds a file to an open report. SPOILED where the server's MD5 is not that of the bytes that were sent."""
        form = upload_form(_id(report_id), name, data)
        reply = await self._http.ask(
            "POST", "/upload", self._upload_seconds, form.parts(), form.size, form.content_type
        )
        answer = read_answer(reply.status, reply.body, self._names)
        of_report(answer, report_id)
        if not answer.file_id:
            raise TiplineError(Refusal.RETRY, 0, "a file was taken, and its id is not told")
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        if answer.hash and answer.hash.lower() != digest:
            raise TiplineError(Refusal.SPOILED, 0, "the file did not arrive as it was sent")
        return Uploaded(answer.file_id, digest)

    async def fileinfo(self, report_id: str, details: bytes) -> None:
        """Says what a file of an open report is. TERMINAL with code 4100, and nothing was sent, where the document is
        not valid."""
        of_report(await self._document("/fileinfo", details, "fileDetails"), _id(report_id))

    async def finish(self, report_id: str) -> Finished:
        """Files an open report: nothing can be changed any more."""
        answer = await self._about("/finish", report_id)
        return Finished(answer.files)

    async def retract(self, report_id: str) -> None:
        """Takes an open report back. GONE: it was taken back before, or has expired. ALREADY: it is finished."""
        await self._about("/retract", report_id)

    async def _document(self, path: str, document: bytes, name: str) -> Answer:
        problems = problems_of(self._schema, document, name)
        if problems:
            told = "; ".join(problems[:_MOST_TOLD])
            raise TiplineError(Refusal.TERMINAL, INVALID, f"not sent, the document is not valid: {told}")
        reply = await self._http.ask("POST", path, self._seconds, document, len(document), _XML)
        return read_answer(reply.status, reply.body, self._names)

    async def _about(self, path: str, report_id: str) -> Answer:
        body = urlencode({"id": _id(report_id)}).encode()
        reply = await self._http.ask("POST", path, self._seconds, body, len(body), _FORM)
        answer = read_answer(reply.status, reply.body, self._names)
        of_report(answer, report_id)
        return answer


def _id(report_id: str) -> str:
    if not is_report_id(report_id):
        raise TiplineError(Refusal.TERMINAL, 0, "what should be a report's id is none")
    return report_id
