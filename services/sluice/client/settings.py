"""What a client is told: by its arguments, and by the environment where they say nothing."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypedDict

from sluice.client.address import Base, read_base
from sluice.client.ask import only_known
from sluice.client.retry import Pace
from sluice.client.words import Words
from sluice.settings import Reader

PROMPT_SECONDS: Final = 30.0
OUTPUT_SECONDS: Final = 60.0
_KEY: Final = re.compile(r"[\x21-\x7e]{8,512}")


class Options(TypedDict, total=False):
    """Of a client. What is not said comes from the environment, else from the default.

    `simulate`: no gateway, and nothing is moderated (SLUICE_SIMULATE). `ca`: a file of certificates of authorities,
    else the system's (SLUICE_CLIENT_CA). `plain_http`: http:// to other machines too (SLUICE_CLIENT_PLAIN_HTTP).
    `prompt_seconds`: by when a prompt must be decided, from the beginning of the block. `output_seconds`: by when a
    picture must be decided, signed and fetched, from `submit` or, where that is later, from the prompt's decision.
    `inline_limit`: bytes of a picture that travels inside a request (SLUICE_INLINE_LIMIT). `words`: sentences for end
    users by rule or category, which go before ours. `pace`: how tries follow each other. `env`: in place of
    os.environ.
    """

    simulate: bool
    ca: str
    plain_http: bool
    prompt_seconds: float
    output_seconds: float
    inline_limit: int
    words: Mapping[str, str]
    pace: Pace
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """As `Options`; `base`: the gateway's address, that of nowhere in the simulator."""

    base: Base
    simulate: bool
    key: str = field(repr=False)
    ca: str
    prompt_seconds: float
    output_seconds: float
    inline_limit: int
    trace_sample: float
    words: Words
    pace: Pace


NOWHERE: Final = Base("", "", secure=False, loopback=True)


def read_client(url: str | None, key: str | None, options: Options) -> ClientSettings:
    """Raises ConfigError, which names everything that is wrong at once, and never a key; TypeError for an option that
    there is not, and for a word in place of yes or no.

    The simulator does not start by mistake: it must be asked for, and an address or a key of a gateway beside it is
    an error, wherever they come from.
    """
    only_known(options, Options, "Client")
    for name in ("simulate", "plain_http"):
        if not isinstance(options.get(name, False), bool):
            raise TypeError(f"{name} should be True or False")
    env = options.get("env", os.environ)
    reader = Reader(env)
    simulate = options["simulate"] if "simulate" in options else reader.flag("SLUICE_SIMULATE")
    address = reader.text("SLUICE_URL", "") if url is None else url
    secret = reader.secret("SLUICE_API_KEY", "SLUICE_API_KEY_FILE") if key is None else key
    ca = options["ca"] if "ca" in options else reader.file("SLUICE_CLIENT_CA")
    plain = options["plain_http"] if "plain_http" in options else reader.flag("SLUICE_CLIENT_PLAIN_HTTP")
    limit = reader.number("SLUICE_INLINE_LIMIT", 1 << 20, most=8 << 20)
    base = NOWHERE
    if simulate:
        if address or secret:
            reader.problem(
                "the simulator moderates nothing, so it does not start where a gateway is named: take away"
                " SLUICE_SIMULATE (simulate=), or SLUICE_URL and SLUICE_API_KEY (url, api_key)"
            )
    else:
        base = _base(reader, address, plain)
        if not secret:
            reader.problem("SLUICE_API_KEY is not set: `sluice keys create` makes a key")
        elif not _KEY.fullmatch(secret):
            reader.problem("SLUICE_API_KEY is no key: 8 to 512 characters of ASCII without spaces")
    prompt = options.get("prompt_seconds", PROMPT_SECONDS)
    output = options.get("output_seconds", OUTPUT_SECONDS)
    if not (0.0 < prompt <= 3600.0 and 0.0 < output <= 3600.0):
        reader.problem("prompt_seconds and output_seconds should be more than 0, and 3600 at most")
    words = _words(reader, options.get("words", {}))
    sample = reader.fraction("SLUICE_TRACE_SAMPLE", 1.0)
    reader.finish()
    return ClientSettings(
        base,
        simulate,
        secret,
        ca,
        prompt,
        output,
        options.get("inline_limit", limit),
        sample,
        words,
        options.get("pace", Pace()),
    )


def _base(reader: Reader, address: str, plain: bool) -> Base:
    if not address:
        reader.problem("SLUICE_URL is not set: the gateway's address, as https://sluice.example.org")
        return NOWHERE
    try:
        base = read_base(address)
    except ValueError as error:
        reader.problem(f"SLUICE_URL: {error}")
        return NOWHERE
    if not (base.secure or base.loopback or plain):
        reader.problem("SLUICE_URL should begin with https://: prompts and the key would go over the wire in clear")
    return base


def _words(reader: Reader, own: Mapping[str, str]) -> Words:
    try:
        return Words(own)
    except ValueError as error:
        reader.problem(str(error))
        return Words({})
