"""What the service is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from reporter.manner import Manner
from reporter.tipline.facts import Person, Reporter
from reporter.tipline.identity import read_reporter
from reporter.tipline.settings import TiplineSettings, read_tipline
from sluice.settings import Reader, sluice_home
from sluice.sql.database import read_database
from sluice.vault.opened import KEY_SCHEMES
from sluice.vault.settings import VaultSettings, read_vault

_DAY_SECONDS: Final = 86_400
_FILE: Final = "file://"


@dataclass(frozen=True, slots=True)
class ReporterSettings:
    """`database`: a path or `postgresql://...`. `tipline`: None where nothing is to be sent; then nobody reports, and
    `reporter` is empty."""

    database: str
    vault: VaultSettings
    manner: Manner
    tipline: TiplineSettings | None
    reporter: Reporter
    workers: int
    """Incidents and reports that are worked on at once."""
    upkeep_hours: int
    """Between two looks for evidence whose time is over."""


def read_reporter_settings(reader: Reader, env: Mapping[str, str]) -> ReporterSettings:
    """SLUICE_REPORTER_DB, _HOLD, _GATHER_SECONDS, _MOST_INCIDENTS, _WORKERS and _UPKEEP_HOURS; where the vault is
    (SLUICE_VAULT...), where reports go (SLUICE_TIPLINE_...), and, where they go anywhere, who reports.

    The caller calls `reader.finish()`."""
    home = sluice_home(env)
    vault = read_vault(reader, env)
    if not all(key.strip().startswith(KEY_SCHEMES) for key in vault.key.split(",")):
        schemes = ", ".join(KEY_SCHEMES)
        reader.problem(f"SLUICE_VAULT_KEY should start with one of {schemes}; several with commas between them")
    if _within(vault.store, reader.text("SLUICE_OBJECT_STORE", f"file://{home / 'objects'}")):
        reader.problem("SLUICE_VAULT should not be SLUICE_OBJECT_STORE, nor lie in it: what lies there expires")
    tipline = read_tipline(reader)
    manner = Manner(
        hold=reader.flag("SLUICE_REPORTER_HOLD", default=True),
        gather_ms=reader.number("SLUICE_REPORTER_GATHER_SECONDS", 600, least=0, most=_DAY_SECONDS) * 1000,
        most_incidents=reader.number("SLUICE_REPORTER_MOST_INCIDENTS", 50, most=75),
    )
    return ReporterSettings(
        database=read_database(reader, "SLUICE_REPORTER_DB", home / "reporter.db"),
        vault=vault,
        manner=manner,
        tipline=tipline,
        reporter=read_reporter(reader) if reader.text("SLUICE_TIPLINE_URL", "") else Reporter(Person()),
        workers=reader.number("SLUICE_REPORTER_WORKERS", 2, most=64),
        upkeep_hours=reader.number("SLUICE_REPORTER_UPKEEP_HOURS", 24, most=24 * 31),
    )


def _within(inner: str, outer: str) -> bool:
    """Whether what one address names is the other's, or a part of it."""
    if inner.startswith(_FILE) and outer.startswith(_FILE):
        return _folder(inner).is_relative_to(_folder(outer))
    return f"{inner.rstrip('/')}/".startswith(f"{outer.rstrip('/')}/")


def _folder(address: str) -> Path:
    return Path(unquote(address.removeprefix(_FILE))).resolve()
