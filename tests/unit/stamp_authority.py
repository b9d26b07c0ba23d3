"""A timestamp authority (RFC 3161) on this machine: its tokens are real ones."""

import datetime as dt
import hashlib
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.signing_authority import STAMPING, House, new_key

# They ship no types.
_cms: Any = import_module("asn1crypto.cms")
_tsp: Any = import_module("asn1crypto.tsp")
_x509: Any = import_module("asn1crypto.x509")
_core: Any = import_module("asn1crypto.core")


@dataclass
class Authority:
    """`manner`: "grants", "rejects" (as RFC 3161 has it), "errs" (HTTP 500), "repeats" (the first token again and
    again) or "hangs"."""

    house: House = field(default_factory=lambda: House(name="Time"))
    manner: str = "grants"
    url: str = ""
    asked: int = 0
    gone: threading.Event = field(default_factory=threading.Event)
    _first: bytes = b""
    _serials: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        key = new_key("es256")
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key
        self._leaf = self.house.leaf(key.public_key(), [STAMPING])

    def reply(self, query: bytes) -> bytes:
        """A DER TimeStampResp."""
        if self.manner == "rejects":
            return bytes(_tsp.TimeStampResp({"status": {"status": "rejection"}}).dump())
        if self.manner == "repeats" and self._first:
            return self._first
        self._first = self._granted(_tsp.TimeStampReq.load(query))
        return self._first

    def _granted(self, query: Any) -> bytes:
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        info = _tsp.TSTInfo(
            {
                "version": "v1",
                "policy": "1.2.3.4.1",
                "message_imprint": query["message_imprint"],
                "serial_number": next(self._serials),
                "gen_time": now,
                "accuracy": {"seconds": 1},
                "nonce": query["nonce"].native,
            }
        )
        content = info.dump()
        leaf, issuing = (_as(certificate) for certificate in (self._leaf, self.house.issuing))
        mark = {"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": hashlib.sha256(_der(self._leaf)).digest()}
        attributes = _cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
                {"type": "signing_time", "values": [_cms.Time({"utc_time": now})]},
                {"type": "signing_certificate_v2", "values": [{"certs": [mark]}]},
            ]
        )
        signer = {
            "version": "v1",
            "sid": {"issuer_and_serial_number": {"issuer": leaf.issuer, "serial_number": leaf.serial_number}},
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": self._key.sign(attributes.untag().dump(), ec.ECDSA(hashes.SHA256())),
        }
        signed = {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "tst_info", "content": _core.ParsableOctetString(content)},
            "certificates": [leaf, issuing],
            "signer_infos": [signer],
        }
        token = {"content_type": "signed_data", "content": _cms.SignedData(signed)}
        return bytes(_tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _as(certificate: x509.Certificate) -> Any:
    return _x509.Certificate.load(_der(certificate))


@contextmanager
def stamping(authority: Authority) -> Iterator[Authority]:
    """Runs it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            authority.asked += 1
            query = self.rfile.read(int(self.headers["Content-Length"]))
            if authority.manner == "hangs":
                authority.gone.wait(60)
                return
            assert self.headers["Content-Type"] == "application/timestamp-query"
            body = b"" if authority.manner == "errs" else authority.reply(query)
            self.send_response(500 if authority.manner == "errs" else 200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it that
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        authority.url = f"http://127.0.0.1:{server.server_address[1]}/rfc3161"
        try:
            yield authority
        finally:
            authority.gone.set()
            server.shutdown()
            thread.join()
