"""The library alone: `c2pa.Builder.sign` in as many threads, one context and one signer, from memory to memory."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import c2pa

from benchmarks.images.measure import Spent, Watch
from benchmarks.signing.inputs import Asked, chain, manifest
from sluice.c2pa_sdk import PURPOSES

Sign = Callable[[], bytes]


def signing(asked: Asked, verify: bool) -> Sign:
    """A call that signs the picture. `verify`: whether the library reads back what it signed, its default."""
    files = chain(asked.algorithm)
    context = c2pa.Context.from_dict(
        {
            "version": 1,
            "trust": {"trust_anchors": files["root.pem"].decode(), "trust_config": "\n".join(PURPOSES)},
            "builder": {"thumbnail": {"enabled": False}},
            "core": {"allowed_network_hosts": []},
            "verify": {"verify_after_sign": verify, "remote_manifest_fetch": False, "ocsp_fetch": False},
        }
    )
    algorithm = c2pa.C2paSigningAlg[asked.algorithm.upper()]
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(algorithm, files["chain.pem"], files["key.pem"], None))
    said, data, media_type = dict(manifest(asked.media_type)), asked.data, asked.media_type

    def sign() -> bytes:
        out = io.BytesIO()
        with c2pa.Builder(said, context=context) as builder:
            builder.sign(signer, media_type, io.BytesIO(data), out)
        return out.getvalue()

    return sign


def run(sign: Sign, count: int, threads: int) -> Spent:
    """`count` pictures."""
    with ThreadPoolExecutor(threads) as pool:
        watch = Watch()
        for _ in pool.map(lambda _: sign(), range(count)):
            pass
        return watch.spent(count)
