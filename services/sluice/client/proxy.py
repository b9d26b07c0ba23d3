"""The proxy that the environment names for an address."""

from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2


def find_proxy(url: str) -> httpcore2.Proxy | None:
    """By HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Raises ValueError where an address cannot be read, or is of
    another kind of proxy than those."""
    parts = urlsplit(url)
    found = getproxies().get(parts.scheme, "")
    if not found or proxy_bypass(parts.hostname or ""):
        return None
    # People write HOST:PORT too, and USER:PASSWORD@ in front.
    proxy = urlsplit(found if "://" in found else f"http://{found}")
    if proxy.scheme not in ("http", "https"):
        raise ValueError("not a proxy of HTTP")
    place = f"{proxy.scheme}://{proxy.netloc.rpartition('@')[2]}"
    if proxy.username is None:
        return httpcore2.Proxy(place)
    return httpcore2.Proxy(place, auth=(unquote(proxy.username), unquote(proxy.password or "")))
