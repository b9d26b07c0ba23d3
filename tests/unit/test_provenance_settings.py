"""Whom the service trusts: roots by name, or those of the signer's folder, timestamps apart."""

from pathlib import Path

import pytest

from provenance.settings import read_provenance_settings
from provenance.trust import read_anchors
from sluice.errors import NotReadyError
from sluice.settings import Reader
from tests.unit.signing import anchor


def test_the_signers_folder_is_trusted_and_its_stamp_roots_where_there_are_any(tmp_path: Path) -> None:
    certs = tmp_path / "certs"
    certs.mkdir()
    found = read_provenance_settings(Reader({}), tmp_path)
    assert (found.anchors, found.stamp_anchors) == ((certs / "root.pem",), ())
    (certs / "stamp-roots.pem").write_text(anchor())
    assert read_provenance_settings(Reader({}), tmp_path).stamp_anchors == (certs / "stamp-roots.pem",)


def test_named_roots_come_first(tmp_path: Path) -> None:
    env = {"SLUICE_C2PA_ANCHORS": "/a.pem,/b.pem", "SLUICE_C2PA_STAMP_ANCHORS": "/c.pem"}
    found = read_provenance_settings(Reader(env), tmp_path)
    assert found.anchors == (Path("/a.pem"), Path("/b.pem"))
    assert found.stamp_anchors == (Path("/c.pem"),)


def test_a_root_that_is_missing_or_none_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("nothing")
    for name in ("none.pem", "missing.pem"):
        with pytest.raises(NotReadyError, match="SLUICE_C2PA_STAMP_ANCHORS"):
            read_anchors([tmp_path / name])
