"""A real broker that knows who is who and refuses what is not granted.

Two doors for clients: SASL_SSL with SCRAM-SHA-512, and mutual TLS, where rules make the principal of the
certificate's common name. Nobody has a right that no ACL grants, but for whoever set it up: a third door on loopback,
without names.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AclBindingFilter, AclOperation, AclPermissionType, ResourcePatternType, ResourceType
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from sluice.bus.access import Resource, Right
from sluice.bus.access_acls import Naming, grant, look
from sluice.bus.clients import admin_client
from sluice.local.kafka import (
    FORMAT_SECONDS,
    QUICK_START,
    READY_SECONDS,
    format_command,
    java_command,
    new_cluster_id,
    server_properties,
    take_lock,
)
from sluice.local.ports import LOOPBACK, free_ports
from sluice.local.process import Process
from sluice.settings import KafkaSettings, Reader, read_kafka

KEY_PASSWORD = "opens the key"


class Authority:
    """A certificate authority for one test."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        ca = self._signed(self._name, self._key.public_key(), [x509.BasicConstraints(ca=True, path_length=0)])
        self.certificate = folder / "ca.pem"
        self.certificate.write_bytes(ca.public_bytes(Encoding.PEM))

    def issue(self, name: str, password: str = "") -> tuple[Path, Path]:
        """A certificate for this common name, at this machine, and its key; also both in `NAME.pem`."""
        key = ec.generate_private_key(ec.SECP256R1())
        here = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(LOOPBACK)), x509.DNSName("localhost")])
        whole = [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "tests"),
        ]
        found = self._signed(x509.Name(whole), key.public_key(), [here]).public_bytes(Encoding.PEM)
        locked: KeySerializationEncryption = (
            BestAvailableEncryption(password.encode()) if password else NoEncryption()
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
        certificate, keys = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        certificate.write_bytes(found)
        keys.write_bytes(private)
        (self._folder / f"{name}.pem").write_bytes(private + found)
        return certificate, keys

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, extensions: Sequence[x509.ExtensionType]
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self._key, hashes.SHA256())


@dataclass(frozen=True, slots=True)
class SecuredKafka:
    """The running broker. `root`: the door of whoever set it up."""

    root: KafkaSettings
    sasl: str
    mtls: str
    authority: Authority
    folder: Path

    def password(self, name: str) -> str:
        """The principal's, as the broker was told."""
        return f"{name}-has-a-word"

    def by_password(self, name: str, password: str = "") -> dict[str, str]:
        """The variables of a client that logs in by a password in a file. `password`: by default the right one."""
        file = self.folder / f"{name}.{'wrong' if password else 'password'}"
        file.write_text((password or self.password(name)) + "\n")
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.sasl,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_SASL_USERNAME": name,
            "KAFKA_SASL_PASSWORD_FILE": str(file),
            "KAFKA_SSL_CA_LOCATION": str(self.authority.certificate),
        }

    def by_certificate(self, name: str) -> dict[str, str]:
        """The same of one that shows a certificate, whose key has a password."""
        certificate, key = self.authority.issue(name, KEY_PASSWORD)
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.mtls,
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_SSL_CA_LOCATION": str(self.authority.certificate),
            "KAFKA_SSL_CERTIFICATE_LOCATION": str(certificate),
            "KAFKA_SSL_KEY_LOCATION": str(key),
            "KAFKA_SSL_KEY_PASSWORD": KEY_PASSWORD,
        }

    def login(self, name: str) -> KafkaSettings:
        """A client's settings, by password."""
        return settings_of(self.by_password(name))


def settings_of(env: Mapping[str, str]) -> KafkaSettings:
    """As a service reads them."""
    reader = Reader(env)
    found = read_kafka(reader)
    reader.finish()
    return found


@contextmanager
def secured_kafka(folder: Path, names: Sequence[str]) -> Iterator[SecuredKafka]:
    """Starts it, with a password for each of these principals. Without any ACL."""
    authority = Authority(folder / "ca")
    authority.issue("broker")
    port, controller, sasl, mtls = free_ports(4)
    found = SecuredKafka(
        KafkaSettings({"bootstrap.servers": f"{LOOPBACK}:{port}"}),
        f"{LOOPBACK}:{sasl}",
        f"{LOOPBACK}:{mtls}",
        authority,
        folder,
    )
    doors = {"PLAINTEXT": port, "SASL": sasl, "MTLS": mtls}
    clients = ",".join(f"{name}://{LOOPBACK}:{at}" for name, at in doors.items())
    extra: dict[str, str | int] = {
        "listeners": f"{clients},CONTROLLER://{LOOPBACK}:{controller}",
        "advertised.listeners": clients,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MTLS:SSL",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": "User:ANONYMOUS",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.sasl.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "ca" / "broker.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.certificate),
        "listener.name.mtls.ssl.client.auth": "required",
        "listener.name.mtls.ssl.principal.mapping.rules": "RULE:^.*CN=([a-z0-9-]+).*$/$1/",
    }
    data = folder / "kafka"
    data.mkdir()
    properties = data / "server.properties"
    properties.write_text(server_properties(data / "log", port, controller, extra))
    command = java_command(os.environ, lambda _: None, QUICK_START)
    lock, log = take_lock(data), folder / "kafka.log"
    try:
        words = [f"SCRAM-SHA-512=[name={name},password={found.password(name)}]" for name in names]
        scram = [part for word in words for part in ("--add-scram", word)]
        formatting = [*format_command(command, properties, new_cluster_id()), *scram]
        made = Process.start("kafka-format", formatting, os.environ, log)
        assert made.wait(FORMAT_SECONDS), log
        assert made.exit_code() == 0, log.read_text()
        running = [*command, "kafka.Kafka", str(properties)]
        process = Process.start("kafka", running, os.environ, log, keep_fds=[lock.fd])
        try:
            wait_until(lambda: _answers(found.root) or process.exit_code() is not None, READY_SECONDS)
            assert process.exit_code() is None, log.read_text()
            yield found
        finally:
            process.terminate()
            if not process.wait(7.0):
                process.kill()
    finally:
        lock.release()


@contextmanager
def without(kafka: SecuredKafka, name: str, *rights: Right) -> Iterator[None]:
    """Takes some rights away for a while."""
    kinds = {
        Resource.TOPIC: ResourceType.TOPIC,
        Resource.GROUP: ResourceType.GROUP,
        Resource.TRANSACTIONAL_ID: ResourceType.TRANSACTIONAL_ID,
    }
    exactly = [
        AclBindingFilter(
            kinds[right.resource],
            right.name,
            ResourcePatternType.PREFIXED if right.prefixed else ResourcePatternType.LITERAL,
            f"User:{name}",
            "*",
            AclOperation[right.operation.name],
            AclPermissionType.ALLOW,
        )
        for right in rights
    ]
    root = admin_client(kafka.root)
    for gone in root.delete_acls(exactly, request_timeout=15).values():
        assert len(gone.result()) == 1
    wait_until(lambda: len(look(kafka.root, Naming()).created) == len(rights), 60)
    try:
        yield
    finally:
        assert len(grant(kafka.root, Naming(), prune=False).created) == len(rights)


def wait_until(done: Callable[[], object], seconds: float) -> None:
    """Returns as soon as it is so; fails where it is not by then."""
    give_up = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < give_up, f"not within {seconds:g} s"
        time.sleep(0.1)


def _answers(kafka: KafkaSettings) -> bool:
    try:
        return bool(admin_client(kafka, {"log_level": 0}).list_topics(timeout=1).brokers)
    except KafkaException:
        return False
