"""Whom `sluice provenance verify` trusts."""

from pathlib import Path

import pytest
import typer

from sluice.cli.provenance_anchors import VARIABLE, find_anchors
from sluice.errors import ConfigError
from sluice.local.authority import issue_chain
from sluice.local.certificates import ensure_chain


def root(path: Path) -> str:
    text = issue_chain()["root.pem"]
    path.write_bytes(text)
    return text.decode()


def test_files_come_before_the_environment_and_that_before_the_development_root(tmp_path: Path) -> None:
    home = {"SLUICE_HOME": str(tmp_path)}
    development = ensure_chain(tmp_path).root.read_text()
    one, two = root(tmp_path / "one.pem"), root(tmp_path / "two.pem")
    assert find_anchors((), home) == development
    (tmp_path / "own").mkdir()
    own = root(tmp_path / "own" / "root.pem")
    assert find_anchors((), {**home, "SLUICE_C2PA_CERTS": str(tmp_path / "own")}) == own
    named = {**home, VARIABLE: f"{tmp_path / 'one.pem'}, {tmp_path / 'two.pem'}"}
    assert find_anchors((), named) == one + two
    assert find_anchors((tmp_path / "two.pem",), named) == two
    assert find_anchors((tmp_path / "two.pem", tmp_path / "one.pem"), named) == two + one


def test_several_roots_may_lie_in_one_file_among_other_words(tmp_path: Path) -> None:
    one, two = root(tmp_path / "a"), root(tmp_path / "b")
    (tmp_path / "both").write_text(f"# the first\n{one}\n# the second\n{two}")
    assert find_anchors((tmp_path / "both",), {}) == one + two


@pytest.mark.parametrize(
    "content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n", b"\xff", b"a" * (5 << 20)]
)
def test_a_file_without_certificates_is_wrong_usage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(typer.Exit) as ended:
        find_anchors((tmp_path / "bad",), {})
    assert ended.value.exit_code == 2
    with pytest.raises(ConfigError, match=VARIABLE):
        find_anchors((), {VARIABLE: str(tmp_path / "bad")})


def test_where_there_are_none_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"nobody to trust: .*--anchors FILE or SLUICE_C2PA_ANCHORS.*sluice dev certs"
    ):
        find_anchors((), {"SLUICE_HOME": str(tmp_path)})
    with pytest.raises(typer.Exit):
        find_anchors((tmp_path / "missing",), {"SLUICE_HOME": str(tmp_path)})
