"""Where the vault is, by the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice.settings import Reader, sluice_home

KEY_FILE: Final = "vault.keys"
"""In SLUICE_HOME, where SLUICE_VAULT_KEY names no other key."""
VAULT_VARIABLES: Final = ("SLUICE_VAULT", "SLUICE_VAULT_KEY", "SLUICE_VAULT_ANCHOR", "SLUICE_VAULT_PEOPLE")


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """`store`: an address as that of the object store. `key`: where the wrapping key is (`sluice.vault.opened`).
    `anchor`: the file of the audit log's head. `people`: the roster, if there is one."""

    store: str
    key: str
    anchor: Path
    people: Path | None


def read_vault(reader: Reader, env: Mapping[str, str]) -> VaultSettings:
    """The caller calls `reader.finish()` before it uses them."""
    home = sluice_home(env)
    return VaultSettings(
        store=reader.text("SLUICE_VAULT", f"file://{home / 'vault'}"),
        key=reader.text("SLUICE_VAULT_KEY", f"file://{home / KEY_FILE}"),
        anchor=reader.path("SLUICE_VAULT_ANCHOR", home / "audit.head"),
        people=Path(reader.file("SLUICE_VAULT_PEOPLE")) if reader.file("SLUICE_VAULT_PEOPLE") else None,
    )
