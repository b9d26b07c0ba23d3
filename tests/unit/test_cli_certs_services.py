"""`sluice certs services`: folders that services and clients can use as they are, and that nothing overwrites."""

import stat
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from sluice.cli.certs_services import app
from sluice.cli.main import main
from sluice.client_tls import read_client_tls
from sluice.errors import NotReadyError, TerminalError
from sluice.host.identity import read_caller
from sluice.host.peers import parse_peers
from sluice.host.tls import watched_certificate
from sluice.local.entry_points import service_names
from sluice.local.service_authority import identity_of
from sluice.local.service_certificates import make_folders

FILES = ["ca.crt", "tls.crt", "tls.key"]


def made(out: Path, *names: str) -> list[Path]:
    words = [word for name in names for word in ("--name", name)]
    found = CliRunner().invoke(app, ["services", "--out", str(out), *words], catch_exceptions=False)
    assert found.exit_code == 0
    return [Path(line) for line in found.stdout.splitlines()]


def test_a_folder_for_every_service_and_one_for_a_client(tmp_path: Path) -> None:
    out = tmp_path / "certs"
    folders = made(out)
    assert [folder.name for folder in folders] == [*service_names(), "operator"]
    assert sorted(path.name for path in out.iterdir()) == sorted([*service_names(), "operator", "peers.yaml"])
    for folder in folders:
        assert sorted(path.name for path in folder.iterdir()) == FILES
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        caller = read_caller((folder / "tls.crt").read_bytes())
        assert caller is not None
        assert caller.identities == {identity_of(folder.name), "localhost"}
        watched_certificate(folder)
        assert read_client_tls({"SLUICE_CLIENT_TLS_DIR": str(folder)}) is not None
    # One authority issued all, and its key is nowhere.
    assert len({(folder / "ca.crt").read_bytes() for folder in folders}) == 1
    authority = x509.load_pem_x509_certificate((folders[0] / "ca.crt").read_bytes())
    for folder in folders:
        x509.load_pem_x509_certificate((folder / "tls.crt").read_bytes()).verify_directly_issued_by(authority)


def test_the_list_of_peers_lets_the_client_call_and_no_service(tmp_path: Path) -> None:
    made(tmp_path / "certs")
    file = tmp_path / "certs" / "peers.yaml"
    peers = parse_peers(file, file.read_bytes())
    for method in ("sluice.v1.Orchestrator/Moderate", "sluice.v1.Ingest/Prepare"):
        assert peers.allows(method, frozenset({identity_of("operator")}))
        assert not peers.allows(method, frozenset({identity_of("ingest"), "localhost"}))


def test_names_that_were_asked_for(tmp_path: Path) -> None:
    assert [folder.name for folder in made(tmp_path / "certs", "ingest", "me", "ingest")] == ["ingest", "me"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "certs"
    out.mkdir()
    assert main(["certs", "services", "--out", str(out)]) == 1
    assert list(out.iterdir()) == []
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(NotReadyError, match="exists already"):
        make_folders(tmp_path / "link", ["a"], "{}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["certs", "link"]


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "-a", "a-", "a" * 64, "a b"])
def test_a_name_that_is_no_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(TerminalError, match="lower-case letters"):
        make_folders(tmp_path / "certs", [name], "{}")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotReadyError):
        make_folders(tmp_path / "file" / "certs", ["a"], "{}")
