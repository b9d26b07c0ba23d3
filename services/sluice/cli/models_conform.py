"""`sluice models conform`: whether what is to judge for child sexual abuse material keeps the adapter's contract."""

import asyncio
import json
import os
import sys
from typing import Annotated

import typer

from sluice.models.conform import Finding, conform
from sluice.models.csam import CsamAdapter
from sluice.models.csam_pack import open_adapter
from sluice.models.engine import read_engine
from sluice.models.held import Held, holding
from sluice.settings import Reader, read_settings


def conform_model(
    name: Annotated[str, typer.Argument(help="As SLUICE_CSAM_PACK would name it: an adapter, or a pack.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Try a CSAM classifier's adapter on pictures drawn by code: its contract, not how much it finds.

    Exit status: 0 it keeps the contract, 1 it does not, or cannot be opened.
    """
    found = asyncio.run(_conform(name))
    for finding in found:
        print(_line(finding, as_json or not sys.stdout.isatty()))
    if not all(finding.shown for finding in found if finding.required):
        raise typer.Exit(1)


async def _conform(name: str) -> list[Finding]:
    held = Held()

    async def opened() -> CsamAdapter:
        with holding(held):
            return await _open(name)

    try:
        return await conform(opened)
    finally:
        await held.close()


async def _open(name: str) -> CsamAdapter:
    # No broker is asked, but every service's settings name one.
    env = {"KAFKA_BOOTSTRAP_SERVERS": "unused:1", **os.environ}
    reader = Reader(env)
    settings, engine = read_settings(reader, env), read_engine(reader)
    reader.finish()
    return await open_adapter(name, settings, reader, engine)


def _line(finding: Finding, as_json: bool) -> str:
    if as_json:
        line = {"shown": finding.shown, "required": finding.required, "what": finding.name, "detail": finding.detail}
        return json.dumps(line)
    mark = "ok    " if finding.shown else "FAILED" if finding.required else "open  "
    return f"{mark} {finding.name}{': ' if finding.detail else ''}{finding.detail}"
