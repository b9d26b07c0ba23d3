"""What each address answers. Knows nothing of sockets: faults that need one are handed back with the answer."""

import base64
import binascii
import hmac
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from deploy.simulators.cybertipline.answers import Answer, done, empty, finished, refusal
from deploy.simulators.cybertipline.clock import Clock
from deploy.simulators.cybertipline.documents import check_details, check_report, elements_of, read_document
from deploy.simulators.cybertipline.faults import CALLS, Faults, Kind
from deploy.simulators.cybertipline.forms import FormError, read_form
from deploy.simulators.cybertipline.reports import RefusedError, Reports
from deploy.simulators.cybertipline.spoil import spoiled_after, spoiled_before
from reporter.tipline.codes import MALFORMED_FILE, UNAUTHENTICATED
from reporter.tipline.schema import load_schema, own_schema

BASE: Final = "/ispws"
CONTROL: Final = "/_simulator/"
_JSON: Final = "application/json"
_POSTS: Final = ("submit", "upload", "fileinfo", "finish", "retract")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read whole. Names of headers are in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False, default=b"")


class Api:
    """Everything behind the port. Threads share one."""

    def __init__(self, user: str, password: str, seed: int = 0) -> None:
        self.clock = Clock()
        self.reports = Reports(self.clock)
        self.faults = Faults(seed)
        self._token = f"{user}:{password}".encode()
        self._schema = load_schema()
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Answer:
        """Never raises: whatever is wrong is an answer."""
        path = asked.path.partition("?")[0]
        if path.startswith(CONTROL):
            with self._lock:
                return self._control(asked, path.removeprefix(CONTROL))
        call = path.removeprefix(f"{BASE}/")
        if not path.startswith(f"{BASE}/") or call not in CALLS:
            return empty(404)
        if asked.method != ("POST" if call in _POSTS else "GET"):
            return empty(405)
        if not self._knows(asked.headers.get("authorization", "")):
            return refusal(UNAUTHENTICATED, 401)
        with self._lock:
            fault = self.faults.take(call)
        if fault is None:
            return self._call(call, asked)
        if fault.kind is Kind.SLOW:
            time.sleep(fault.value)
        instead = spoiled_before(fault)
        return instead if instead is not None else spoiled_after(fault, self._call(call, asked))

    def _call(self, call: str, asked: Asked) -> Answer:
        if call == "status":
            return done()
        if call == "xsd":
            return Answer(own_schema())
        try:
            with self._lock:
                return self._change(call, asked)
        except RefusedError as error:
            return refusal(error.code)
        except FormError:
            return refusal(MALFORMED_FILE)

    def _change(self, call: str, asked: Asked) -> Answer:
        if call == "submit":
            root = read_document(self._schema, asked.body, "report")
            check_report(root, self.clock.now())
            return done(reportId=self.reports.submit(asked.body, elements_of(root)).id)
        if call == "fileinfo":
            root = read_document(self._schema, asked.body, "fileDetails")
            check_details(root)
            report_id = root.findtext("reportId", "").strip()
            self.reports.describe(report_id, root.findtext("fileId", "").strip(), elements_of(root))
            return done(reportId=report_id)
        form = read_form(asked.headers.get("content-type", ""), asked.body)
        if call == "upload":
            if form.file is None:
                raise FormError("no file")
            file = self.reports.upload(form.id, form.name, form.file)
            return done(reportId=form.id, fileId=file.id, hash=file.md5)
        if call == "retract":
            self.reports.retract(form.id)
            return done(reportId=form.id)
        report = self.reports.finish(form.id)
        return finished(report.id, [file.id for file in report.files])

    def _knows(self, header: str) -> bool:
        scheme, _, token = header.partition(" ")
        try:
            given = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(given, self._token)

    def _control(self, asked: Asked, what: str) -> Answer:
        if asked.method == "GET" and what == "reports":
            self.reports.expire()
            return _json([report.shown() for report in self.reports.all.values()])
        if asked.method != "POST" or what not in {"faults", "clock"}:
            return empty(404)
        try:
            form = json.loads(asked.body or b"{}")
            if what == "clock":
                return _json({"now": self.clock.advance(float(form["advance_s"])).isoformat()})
            if isinstance(form, list) and not form:
                self.faults.waiting.clear()
            for each in form if isinstance(form, list) else [form]:
                self.faults.put(each)
            return _json({"waiting": len(self.faults.waiting)})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return _json({"error": str(error)}, 400)


def _json(value: object, status: int = 200) -> Answer:
    return Answer(json.dumps(value, indent=2).encode(), status, _JSON)
