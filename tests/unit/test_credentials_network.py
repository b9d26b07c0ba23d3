"""A picture that says where its credentials are makes nobody go there."""

import socket
import struct
import zlib

from sluice.credentials.read import read_credentials
from sluice.provenance import State
from tests.unit.signing import anchor, picture

_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{}"/>'
    "</rdf:RDF></x:xmpmeta>"
)
"""C2PA specification 2.x, "Embedding a reference to an externally stored manifest"."""


def test_nothing_is_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        found = read_credentials(elsewhere(f"http://127.0.0.1:{server.getsockname()[1]}/manifest.c2pa"), anchor())
        assert (found.state, found.failures) == (State.INVALID, ("unreadable.Remote",))
        try:
            server.accept()
            asked = True
        except BlockingIOError:
            asked = False
    assert not asked


def elsewhere(url: str) -> bytes:
    """A PNG whose XMP names the place of its manifest."""
    data = picture("PNG")
    body = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + _XMP.format(url).encode()
    return data[:33] + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]
