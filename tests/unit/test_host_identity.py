"""Who a certificate is of: its URI and DNS names, and nothing that only looks like them."""

import datetime as dt
from ipaddress import IPv4Address

import pytest
from cryptography import x509

from sluice.host.identity import Caller, Callers, identity, read_caller
from sluice.local.service_authority import ServiceAuthority

HOUSE = ServiceAuthority()
ME = "spiffe://sluice/local/orchestrator"


def caller(*names: x509.GeneralName, subject: str = "somebody") -> Caller:
    found = read_caller(HOUSE.issue(subject, names).certificate)
    assert found is not None
    return found


def test_uris_and_dns_names_are_identities() -> None:
    found = caller(x509.UniformResourceIdentifier(ME), x509.DNSName("Orchestrator.Sluice.svc"))
    assert found.identities == {ME, "orchestrator.sluice.svc"}
    assert found.ends > dt.datetime.now(dt.UTC) + dt.timedelta(days=300)
    assert str(found) == f"orchestrator.sluice.svc, {ME}"


def test_nothing_else_is() -> None:
    mail, address = x509.RFC822Name("orchestrator@example.org"), x509.IPAddress(IPv4Address("127.0.0.1"))
    assert caller(mail, address, subject="orchestrator").identities == frozenset()
    nobody = caller(subject="orchestrator")
    assert (nobody.identities, str(nobody)) == (frozenset(), "no identity")


def test_a_name_that_goes_on_behind_a_zero_byte_is_not_the_name_before_it() -> None:
    """gRPC's own list of names ends each at a zero byte."""
    found = caller(x509.DNSName("orchestrator\0.example.org"), x509.UniformResourceIdentifier(f"{ME}\0x"))
    assert found.identities == frozenset()


def test_one_kind_of_name_cannot_be_taken_for_the_other() -> None:
    assert caller(x509.DNSName(ME)).identities == frozenset()
    assert caller(x509.UniformResourceIdentifier("orchestrator.sluice.svc")).identities == frozenset()


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (ME, ME),
        ("urn:uuid:1", "urn:uuid:1"),
        ("A.Example.org", "a.example.org"),
        ("a b", None),
        ("", None),
        ("spiffe://sluice/a b", None),
        ("spiffe://sluice/\n", None),
        ("-a", None),
        (".", None),
        ("\u212aafka", None),
        ("SPIFFE://sluice/x", None),
    ],
)
def test_the_form_of_names(text: str, form: str | None) -> None:
    assert identity(text) == form


def test_what_cannot_be_read_is_nobody() -> None:
    callers = Callers()
    good = HOUSE.issue("a").certificate
    assert callers.of({}) is None
    assert callers.of({"x509_pem_cert": [b"nonsense"]}) is None
    assert callers.of({"x509_pem_cert": [good, good]}) is None
    assert callers.of({"x509_common_name": [b"a"], "x509_subject_alternative_name": [ME.encode()]}) is None
    assert callers.of({"x509_pem_cert": [good]}) == read_caller(good)
