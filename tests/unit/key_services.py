"""Services that keep keys, played on this machine over TLS: they speak the documented protocols and truly sign."""

import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.x509.oid import NameOID

from tests.unit.signing_authority import PrivateKey, key_pem, pem

_HASHES: Mapping[int, hashes.HashAlgorithm] = {32: hashes.SHA256(), 48: hashes.SHA384()}
HANGS_UP = -1
"""Instead of a status."""
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. Header names are in small letters."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body."""
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


class RefusedError(Exception):
    """What is answered instead: a status."""

    def __init__(self, status: int, form: Mapping[str, Any] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.form = dict(form or {})


@dataclass
class KeyService:
    """`key` signs. `fails`: a status for each of the next requests, 0: as usual. `url` is set when it runs."""

    answer: "Callable[[KeyService, Asked], Mapping[str, Any]]"
    key: PrivateKey
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    fails: list[int] = field(default_factory=list)
    now: int = 0
    most: int = 0
    """Requests that were under way at once, at most."""
    meeting: threading.Barrier | None = None
    """Where every request waits for the others."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def host(self) -> str:
        """Name and port."""
        return urlsplit(self.url).netloc

    def sign(self, data: bytes, prehashed: bool) -> bytes:
        """As the service does it: PSS with a short salt, ECDSA as ASN.1."""
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            assert not prehashed
            return self.key.sign(data)
        assert prehashed
        algorithm = Prehashed(_HASHES[len(data)])
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, _PSS, algorithm)
        assert _HASHES[len(data)].digest_size == self.key.curve.key_size // 8
        return self.key.sign(data, ec.ECDSA(algorithm))


@contextmanager
def serving(service: KeyService, folder: Path, tls: bool = True) -> Iterator[KeyService]:
    """Runs it. With `tls`, `folder/tls.pem` is what a client has to trust."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            asked = Asked(self.command, parts.path, parts.query, headers, body)
            with service.lock:
                service.asked.append(asked)
                status = service.fails.pop(0) if service.fails else 0
                service.now += status != HANGS_UP
                service.most = max(service.most, service.now)
            form: Mapping[str, Any] = {}
            if status == HANGS_UP:
                self.close_connection = True
                return
            try:
                _refuse(status)
                if service.meeting is not None:
                    service.meeting.wait(60)
                form, status = service.answer(service, asked), 200
            except RefusedError as refused:
                form, status = refused.form, refused.status
            finally:
                with service.lock:
                    service.now -= 1
            data = json.dumps(form).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _serve  # noqa: N815 - what the base class looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it that
            """Nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = _tls(folder).wrap_socket(server.socket, server_side=True)
        service.url = f"http{'s' if tls else ''}://localhost:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()


def _refuse(status: int) -> None:
    if status:
        raise RefusedError(status)


def _tls(folder: Path) -> ssl.SSLContext:
    certificate, key = folder / "tls.pem", folder / "tls.key"
    if not certificate.exists():
        private = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        start = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(True, None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(private, hashes.SHA256())
        )
        certificate.write_bytes(pem(made))
        key.write_bytes(key_pem(private))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def trust(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Clients of this process trust `tls.pem`, and no proxy stands between."""
    patch.setenv("SSL_CERT_FILE", str(folder / "tls.pem"))
    patch.setenv("AWS_CA_BUNDLE", str(folder / "tls.pem"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        patch.delenv(name, raising=False)


AWS_KEY_ID, AWS_SECRET, AWS_REGION = "AKIDEXAMPLE", "a secret of the test", "eu-central-1"
_AWS_ALGORITHMS = {
    "ECDSA_SHA_256": ("DIGEST", 32),
    "ECDSA_SHA_384": ("DIGEST", 48),
    "RSASSA_PSS_SHA_256": ("DIGEST", 32),
    "ED25519_SHA_512": ("RAW", 0),
}


def aws(service: KeyService, asked: Asked) -> Mapping[str, Any]:
    """KMS: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html, with its signature version 4."""
    if not _sigv4(asked):
        raise RefusedError(400, {"__type": "InvalidSignatureException"})
    assert asked.headers["x-amz-target"] == "TrentService.Sign"
    form = asked.json()
    if form["KeyId"] != "alias/images":
        raise RefusedError(400, {"__type": "NotFoundException"})
    kind, length = _AWS_ALGORITHMS[form["SigningAlgorithm"]]
    message = base64.b64decode(form["Message"])
    assert form["MessageType"] == kind
    assert not length or len(message) == length
    return {
        "KeyId": "arn:aws:kms:eu-central-1:111122223333:key/1",
        "Signature": base64.b64encode(service.sign(message, kind == "DIGEST")).decode(),
        "SigningAlgorithm": form["SigningAlgorithm"],
    }


def _sigv4(asked: Asked) -> bool:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""
    head, _, rest = asked.headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    who, day, region, service, end = parts["Credential"].split("/")
    signed = parts["SignedHeaders"].split(";")
    lines = "".join(f"{name}:{asked.headers[name].strip()}\n" for name in signed)
    body = hashlib.sha256(asked.body).hexdigest()
    request = "\n".join([asked.method, asked.path, asked.query, lines, parts["SignedHeaders"], body])
    scope = "/".join([day, region, service, end])
    text = "\n".join([head, asked.headers["x-amz-date"], scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{AWS_SECRET}".encode()
    for piece in (day, region, service, end):
        key = hmac.digest(key, piece.encode(), "sha256")
    whole = hmac.new(key, text.encode(), "sha256").hexdigest()
    return (who, region, service) == (AWS_KEY_ID, AWS_REGION, "kms") and whole == parts["Signature"]


GCP_KEY = "projects/p/locations/global/keyRings/r/cryptoKeys/images/cryptoKeyVersions/1"
GCP_TOKEN = "ya29.a-token-of-the-test"


def gcp(account: rsa.RSAPrivateKey) -> Callable[[KeyService, Asked], Mapping[str, Any]]:
    """Cloud KMS and the token end point of a service account."""

    def answer(service: KeyService, asked: Asked) -> Mapping[str, Any]:
        if asked.path == "/token":
            form = parse_qs(asked.body.decode())
            assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
            signed, _, signature = form["assertion"][0].rpartition(".")
            key = account.public_key()
            key.verify(unpadded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
            claims = json.loads(unpadded(signed.partition(".")[2]))
            assert claims["scope"] == "https://www.googleapis.com/auth/cloudkms"
            return {"access_token": GCP_TOKEN, "expires_in": 3600, "token_type": "Bearer"}
        if asked.headers.get("authorization") != f"Bearer {GCP_TOKEN}":
            raise RefusedError(401)
        if asked.path != f"/v1/{GCP_KEY}:asymmetricSign":
            raise RefusedError(404)
        sent = asked.json()
        if "data" in sent:
            return _gcp(service.sign(base64.b64decode(sent["data"]), prehashed=False))
        ((name, text),) = sent["digest"].items()
        digest = base64.b64decode(text)
        assert len(digest) == {"sha256": 32, "sha384": 48}[name]
        return _gcp(service.sign(digest, prehashed=True))

    return answer


def _gcp(signature: bytes) -> Mapping[str, Any]:
    return {"signature": base64.b64encode(signature).decode(), "name": GCP_KEY}


AZURE_TOKEN, AZURE_HEADER = "ey.a-token-of-the-test", "the header of the test"


def azure_identity(service: KeyService, asked: Asked) -> Mapping[str, Any]:
    """The managed identity of App Service, API version 2019-08-01."""
    query = parse_qs(asked.query)
    assert asked.headers["x-identity-header"] == AZURE_HEADER
    ends = int(dt.datetime.now(dt.UTC).timestamp()) + 86400
    resource = query["resource"][0]
    return {"access_token": AZURE_TOKEN, "expires_on": str(ends), "resource": resource, "token_type": "Bearer"}


def azure(service: KeyService, asked: Asked) -> Mapping[str, Any]:
    """Key Vault: https://learn.microsoft.com/rest/api/keyvault/keys/sign/sign"""
    if asked.headers.get("authorization") != f"Bearer {AZURE_TOKEN}":
        raise RefusedError(401)
    assert parse_qs(asked.query)["api-version"] == ["7.4"]
    if asked.path != "/keys/images/0123abcd/sign":
        raise RefusedError(404)
    form = asked.json()
    digest = unpadded(form["value"])
    assert len(digest) == {"ES256": 32, "ES384": 48, "PS256": 32}[form["alg"]]
    signature = service.sign(digest, prehashed=True)
    if isinstance(service.key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(signature)
        size = service.key.curve.key_size // 8
        signature = r.to_bytes(size) + s.to_bytes(size)
    value = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    return {"kid": f"{service.url}/keys/images/0123abcd", "value": value}


VAULT_TOKEN = "hvs.a-token-of-the-test"


def vault(service: KeyService, asked: Asked) -> Mapping[str, Any]:
    """Transit: https://developer.hashicorp.com/vault/api-docs/secret/transit#sign-data"""
    if asked.headers.get("x-vault-token") != VAULT_TOKEN:
        raise RefusedError(403, {"errors": ["permission denied"]})
    if asked.path != "/v1/transit/sign/images":
        raise RefusedError(404, {"errors": []})
    form = asked.json()
    data = base64.b64decode(form["input"])
    prehashed = form.get("prehashed", False)
    if isinstance(service.key, ed25519.Ed25519PrivateKey):
        assert not prehashed
    elif isinstance(service.key, rsa.RSAPrivateKey):
        assert (form["signature_algorithm"], form["salt_length"], form["hash_algorithm"]) == (
            "pss",
            "hash",
            "sha2-256",
        )
    else:
        assert form["marshaling_algorithm"] == "asn1"
        assert form["hash_algorithm"] == f"sha2-{service.key.curve.key_size}"
    text = base64.b64encode(service.sign(data, prehashed)).decode()
    return {"data": {"signature": f"vault:v{form.get('key_version', 1)}:{text}"}}


def unpadded(text: str) -> bytes:
    """Of base64url without its padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
