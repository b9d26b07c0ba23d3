"""Which IP addresses are connected to."""

import ipaddress

import pytest

from ingest.fetch.inside import is_public


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "11.0.0.1", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_a_public_address_is_connected_to(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "169.254.170.2",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.251",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:1.1.1.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:a9fe:a9fe::",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1111%eth0",
        "fec0::1",
        "ff02::1",
        "4000::1",
        "",
        "localhost",
        "2130706433",
        "127.1",
        "0x7f.0.0.1",
        "0177.0.0.1",
    ],
)
def test_an_address_inside_is_not(address: str) -> None:
    assert not is_public(address)


def test_nothing_that_python_calls_private_is_public() -> None:
    for first in range(256):
        for rest in ("0.0.1", "254.169.254", "168.1.1", "0.2.1", "18.0.1"):
            address = f"{first}.{rest}"
            if not ipaddress.ip_address(address).is_global:
                assert not is_public(address), address


def test_a_network_can_be_let_in() -> None:
    networks = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00:1::/32")]
    assert is_public("10.1.2.3", networks)
    assert is_public("fd00:1::5", networks)
    assert not is_public("10.2.0.1", networks)
    assert not is_public("::ffff:10.1.2.3", networks)
