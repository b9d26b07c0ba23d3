"""Folders of certificates as cert-manager mounts them: names are links through `..data`, which is turned whole."""

from pathlib import Path
from typing import Any

from sluice.local.service_authority import Issued, ServiceAuthority
from sluice.tls_files import AUTHORITY, CERTIFICATE, KEY

FILES = (CERTIFICATE, KEY, AUTHORITY)


class Mount:
    """A folder whose files are replaced as the kubelet does it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._turns = 0
        folder.mkdir(parents=True)

    def put(self, certificate: bytes, key: bytes, authority: bytes) -> None:
        """Turns to new files. The old ones are gone then."""
        before = str((self.folder / "..data").readlink()) if self._turns else ""
        self._turns += 1
        data = self.folder / f"..2026_11_{self._turns}"
        data.mkdir()
        for name, content in zip(FILES, (certificate, key, authority), strict=True):
            (data / name).write_bytes(content)
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(f"..data/{name}")
        link = self.folder / "..data_tmp"
        link.symlink_to(data.name)
        link.rename(self.folder / "..data")
        if before:
            for old in (self.folder / before).iterdir():
                old.unlink()
            (self.folder / before).rmdir()

    def issue(self, authority: ServiceAuthority, name: str, **how: Any) -> Issued:
        """Turns to a new certificate of this authority."""
        found = authority.issue(name, **how)
        self.put(found.certificate, found.key, authority.certificate)
        return found


def mounted(folder: Path, authority: ServiceAuthority, name: str, **how: Any) -> Mount:
    """A folder with a certificate of this authority. `how`: as `ServiceAuthority.issue` takes it."""
    mount = Mount(folder)
    mount.issue(authority, name, **how)
    return mount
