"""`sluice incidents schema`: a command of the kit by its entry point, for the kit imports no service."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from reporter.ports import Refusal, TiplineError
from reporter.tipline.client import CyberTipline
from reporter.tipline.fetch import fetch_schema
from reporter.tipline.settings import TiplineSettings, read_tipline
from reporter.tipline.xsd_model import SchemaError
from sluice.cli.tell import put_json, say, wants_json
from sluice.errors import ConfigError, RetryableError, TerminalError
from sluice.settings import Reader

_SCHEMA: Final = "SLUICE_TIPLINE_SCHEMA"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def schema(
    fetch: Annotated[Path, typer.Option("--fetch", metavar="FILE", help="Where it is written, replaced whole.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, also on a terminal.")] = False,
) -> None:
    """Ask the tip line that SLUICE_TIPLINE_URL names for its schema, and write it to FILE.

    It is written only if documents can be checked by it; otherwise FILE stays as it was. Then SLUICE_TIPLINE_SCHEMA
    names it.

    Exit status: 0 written, 1 not written, 2 wrong usage, 78 wrong configuration.
    """
    settings = _settings(os.environ)
    try:
        digest = asyncio.run(fetch_schema(CyberTipline(settings), fetch))
    except TiplineError as error:
        words = f"{settings.endpoint.url}: {error.words}{f' (code {error.code})' if error.code else ''}"
        raise (RetryableError if error.kind is Refusal.RETRY else TerminalError)(words) from error
    except SchemaError as error:
        raise TerminalError(f"the tip line's schema cannot be checked by: {error}; nothing was written") from error
    except OSError as error:
        raise TerminalError(f"{fetch} cannot be written: {error.strerror}") from error
    if wants_json(as_json):
        put_json({"file": str(fetch.absolute()), "sha256": digest, "url": settings.endpoint.url})
    else:
        typer.echo(f"{fetch}: SHA-256 {digest}")
        say(f"the reporter checks by it from its next start, with {_SCHEMA}={fetch.absolute()}")


def _settings(env: Mapping[str, str]) -> TiplineSettings:
    # The schema that is named may be the very file that is to be fetched.
    reader = Reader({name: value for name, value in env.items() if name != _SCHEMA})
    found = read_tipline(reader)
    reader.finish()
    if found is None:
        raise ConfigError(["SLUICE_TIPLINE_URL is not set: it names the tip line that is asked for its schema"])
    return found


if __name__ == "__main__":
    app()
