"""Which IP addresses are nobody's business: those from which ingest could reach what strangers cannot."""

import ipaddress
from collections.abc import Collection

from ingest.fetch.settings import Network

_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
"""All that is given out as global unicast (RFC 4291); mapped, compatible, local and NAT64 addresses lie outside."""

_INSIDE_6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",  # documentation
    )
)
_INSIDE_4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind a carrier's NAT; metadata of one cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # metadata of another cloud
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; metadata of a third cloud
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
"""IANA's registries of special-purpose addresses, and what clouds answer on beyond them."""


def is_public(address: str, allowed: Collection[Network] = ()) -> bool:
    """Whether an IP address may be connected to. `allowed`: networks that may be although they are inside."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if any(found in network for network in allowed):
        return True
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in network for network in _INSIDE_4)
    if found.scope_id is not None:
        return False
    return found in _PUBLIC_6 and not any(found in network for network in _INSIDE_6)
