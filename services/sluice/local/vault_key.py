"""A wrapping key of the evidence vault for development, made on this machine."""

import fcntl
import secrets
from pathlib import Path

from sluice.errors import ConfigError, NotReadyError
from sluice.vault.key_file import add_key
from sluice.vault.settings import KEY_FILE


def ensure_vault_key(home: Path) -> Path:
    """The key file in `home`, made first where there is none. Never changes one: what it wraps needs it.

    Safe to call from several processes at once. Raises NotReadyError where it cannot be made.
    """
    path = home / KEY_FILE
    home.mkdir(parents=True, exist_ok=True)
    # The lock ends with the process, however it ends.
    with (home / ".vault-key.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            try:
                # A name of its own: where the file was lost, a vault says which key it misses.
                add_key(path, f"development-{secrets.token_hex(4)}")
            except ConfigError as error:
                raise NotReadyError(str(error)) from error
    return path
