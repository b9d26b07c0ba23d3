"""What a client is told, by arguments and by the environment. Nobody who has a gateway gets the simulator."""

from pathlib import Path
from typing import Any

import pytest

from sluice.client.settings import Options, read_client
from sluice.errors import ConfigError

KEY = "sk-sluice-a-key-for-tests"
REAL = {"SLUICE_URL": "https://sluice.example.org", "SLUICE_API_KEY": KEY}


def problems(url: str | None = None, key: str | None = None, options: Options | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_client(url, key, options or {})
    assert KEY not in str(caught.value)
    return list(caught.value.problems)


def test_the_environment_says_what_arguments_do_not() -> None:
    env = REAL | {"SLUICE_INLINE_LIMIT": "2048", "SLUICE_TRACE_SAMPLE": "0.25"}
    found = read_client(None, None, {"env": env, "prompt_seconds": 5})
    assert (found.base.url, found.key, found.simulate) == (REAL["SLUICE_URL"], KEY, False)
    assert (found.inline_limit, found.trace_sample, found.prompt_seconds) == (2048, 0.25, 5)
    other = read_client("http://127.0.0.1:1", "another-key", {"env": env, "inline_limit": 7})
    assert (other.base.url, other.key, other.inline_limit) == ("http://127.0.0.1:1", "another-key", 7)


def test_a_key_may_lie_in_a_file_and_is_in_no_repr(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    found = read_client(REAL["SLUICE_URL"], None, {"env": {"SLUICE_API_KEY_FILE": str(path)}})
    assert found.key == KEY
    assert KEY not in repr(found)


def test_without_a_gateway_nothing_starts_and_everything_that_is_missing_is_named() -> None:
    assert [line.split()[0] for line in problems(options={"env": {}})] == ["SLUICE_URL", "SLUICE_API_KEY"]


@pytest.mark.parametrize(
    ("url", "key", "options"),
    [
        (None, None, {"env": {"SLUICE_SIMULATE": "1", "SLUICE_URL": "https://sluice.example.org"}}),
        (None, None, {"env": {"SLUICE_SIMULATE": "1", "SLUICE_API_KEY": KEY}}),
        (None, None, {"env": {"SLUICE_SIMULATE": "1"} | REAL}),
        (None, None, {"env": REAL, "simulate": True}),
        ("https://sluice.example.org", None, {"env": {}, "simulate": True}),
        ("https://sluice.example.org", None, {"env": {"SLUICE_SIMULATE": "1"}}),
        (None, KEY, {"env": {"SLUICE_SIMULATE": "1"}}),
        ("http://127.0.0.1:8080", None, {"env": {"SLUICE_SIMULATE": "1"}}),
    ],
)
def test_the_simulator_does_not_start_where_a_gateway_is_named(
    url: str | None, key: str | None, options: Options
) -> None:
    (line,) = problems(url, key, options)
    assert line.startswith("the simulator moderates nothing")


def test_the_simulator_starts_where_it_is_asked_for_and_nothing_else_is_there() -> None:
    assert read_client(None, None, {"env": {"SLUICE_SIMULATE": "1"}}).simulate
    assert read_client(None, None, {"env": {}, "simulate": True}).simulate
    real = read_client(None, None, {"env": REAL | {"SLUICE_SIMULATE": "1"}, "simulate": False})
    assert (real.simulate, real.base.url) == (False, REAL["SLUICE_URL"])


@pytest.mark.parametrize(
    ("url", "options", "good"),
    [
        ("https://sluice.example.org", {}, True),
        ("http://127.0.0.1:8080", {}, True),
        ("http://localhost:8080", {}, True),
        ("http://sluice.example.org", {}, False),
        ("http://sluice.example.org", {"plain_http": True}, True),
        ("http://sluice.example.org", {"env": {"SLUICE_CLIENT_PLAIN_HTTP": "1"}}, True),
        ("http://sluice.example.org", {"env": {"SLUICE_CLIENT_PLAIN_HTTP": "1"}, "plain_http": False}, False),
    ],
)
def test_prompts_leave_this_machine_encrypted_unless_somebody_says_otherwise(
    url: str, options: Options, good: bool
) -> None:
    told: Options = {"env": {}, **options}
    if good:
        assert read_client(url, KEY, told).base.url == url
    else:
        (line,) = problems(url, KEY, told)
        assert "https://" in line


@pytest.mark.parametrize(
    ("url", "key", "options", "named"),
    [
        ("https://x:y@sluice.example.org", KEY, {}, "SLUICE_URL"),
        ("https://sluice.example.org", "with a space and more", {}, "SLUICE_API_KEY"),
        ("https://sluice.example.org", "short", {}, "SLUICE_API_KEY"),
        ("https://sluice.example.org", f"{KEY}\r\nX-Other: 1", {}, "SLUICE_API_KEY"),
        ("https://sluice.example.org", KEY, {"prompt_seconds": 0}, "prompt_seconds"),
        ("https://sluice.example.org", KEY, {"output_seconds": float("nan")}, "prompt_seconds"),
        ("https://sluice.example.org", KEY, {"words": {"hate": ""}}, "words"),
        ("https://sluice.example.org", KEY, {"env": {"SLUICE_SIMULATE": "yes"}}, "SLUICE_SIMULATE"),
        ("https://sluice.example.org", KEY, {"env": {"SLUICE_CLIENT_CA": "/nowhere.pem"}}, "SLUICE_CLIENT_CA"),
    ],
)
def test_what_is_wrong_is_named(url: str, key: str, options: Options, named: str) -> None:
    told: Options = {"env": {}, **options}
    (line,) = problems(url, key, told)
    assert line.startswith(named)


@pytest.mark.parametrize(
    "options", [{"prompt_second": 5}, {"simulate": "no"}, {"plain_http": "0"}, {"simulate": None}]
)
def test_options_that_there_are_not_and_words_for_yes_or_no_are_refused(options: dict[str, Any]) -> None:
    told: Options = {"env": {}, **options}  # type: ignore[typeddict-item] # what the test is about
    with pytest.raises(TypeError, match=next(iter(options))):
        read_client("http://127.0.0.1:1", KEY, told)
