"""Which models a verdict names."""

from sluice.check import ModelInfo, Result
from sluice.host.convert import model_messages

MODEL = ModelInfo("model", "1", b"m" * 32)
OLD, NEW = ModelInfo("lists", "1", b"o" * 32), ModelInfo("lists", "2", b"n" * 32)


def named(*results: Result) -> list[tuple[str, str]]:
    return [(model.name, model.version) for model in model_messages([MODEL, NEW], results)]


def test_a_verdict_names_the_versions_that_its_results_rest_on() -> None:
    assert named(Result(models=(OLD,)), Result(models=(OLD,))) == [("model", "1"), ("lists", "1")]
    assert named(Result(models=(NEW,))) == [("model", "1"), ("lists", "2")]


def test_both_where_it_changed_between_two_contents() -> None:
    assert named(Result(models=(OLD,)), Result(models=(NEW,))) == [("model", "1"), ("lists", "1"), ("lists", "2")]


def test_those_in_use_where_no_result_says() -> None:
    assert named(Result()) == [("model", "1"), ("lists", "2")]
