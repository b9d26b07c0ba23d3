"""sources.yaml: every mistake is named by its line, and no value is ever quoted."""

from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.hashes.sync.sources import EXCHANGES, Source, load_sources

GOOD = """\
first:
  exchange: ncmec
  bank: partner
  environment: Industry
  user_from: THEIR_USER
  password_from: THEIR_PASSWORD
"""


def problems(folder: Path, text: str) -> list[str]:
    (folder / "sources.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        load_sources(folder, {"partner", "other"})
    return [line.removeprefix(f"{folder / 'sources.yaml'}:") for line in error.value.problems]


def test_good(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text(
        GOOD
        + "second: {exchange: threatexchange, bank: other, privacy_group: 123456, token_from: T, "
        + "url: 'http://127.0.0.1:99/v1'}\n"
    )
    first, second = load_sources(tmp_path, {"partner", "other"}).values()
    assert first == Source(
        "first",
        "ncmec",
        "partner",
        {"environment": "Industry"},
        {"user": "THEIR_USER", "password": "THEIR_PASSWORD"},
    )
    assert (second.which, second.url) == ({"privacy_group": "123456"}, "http://127.0.0.1:99/v1")
    assert first.identity != second.identity


def test_the_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sources\.yaml:1: No such file"):
        load_sources(tmp_path, ())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1: should be a mapping from names"),
        ("a: [", "1: not YAML"),
        ("\x00", "1: not YAML"),
        ("a: 1", "1: a should be a mapping"),
        ("A b: {}", "1: a source's name should be"),
        (GOOD + GOOD.replace("first", "second"), "7: another source fills partner already"),
        (GOOD + GOOD, "7: first stands twice"),
        (GOOD + "  bank: other\n", "2: a key of first stands twice"),
        (GOOD.replace("ncmec", "elsewhere"), "2: exchange should be one of ncmec, "),
        (GOOD.replace("bank: partner", "bank: unheard-of"), "3: bank should be one that banks.yaml describes"),
        (GOOD.replace("  environment: Industry\n", ""), "2: environment is missing"),
        (GOOD.replace("Industry", "In dustry"), "4: environment makes no sense"),
        (GOOD.replace("Industry", "Nowhere"), "4: environment makes no sense"),
        (GOOD + "  token: x\n", "7: unknown key 'token'"),
        (GOOD.replace("THEIR_PASSWORD", "hunter2-secret"), "6: password_from should name an environment variable"),
        (GOOD + "  url: http://elsewhere.example\n", "7: url should be https://"),
        (GOOD + "  url: https://u:p@elsewhere.example\n", "7: url should be https://"),
        (GOOD + "  url: https://elsewhere.example/\n", "7: url should be https://"),
        (GOOD + "  url: 'https://[elsewhere'\n", "7: url should be https://"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, problem: str) -> None:
    found = problems(tmp_path, text)
    assert [one for one in found if one.startswith(problem)]
    assert "hunter2" not in "".join(found)


def test_credentials_are_those_of_the_environment() -> None:
    source = Source("first", "tat", "partner", {}, {"user": "A_USER", "password": "A_PASSWORD"})
    assert source.credentials({"A_USER": "u", "A_PASSWORD": "p"}) == {"user": "u", "password": "p"}
    with pytest.raises(ConfigError) as error:
        source.credentials({"A_USER": "u", "A_PASSWORD": ""})
    assert error.value.problems == ("A_PASSWORD should be set: the password of source first",)


def test_every_exchange_has_secrets() -> None:
    assert all(secrets for _, secrets in EXCHANGES.values())
