"""Reading what `sluice moderate` is asked, before anything is sent."""

import json
from pathlib import Path

import pytest

from sluice.cli.ask import Ask, AskError, read_ask, read_line
from sluice.ids import parse_request_id
from sluice.v1.request_pb2 import AgeBand, Lane, Operation, Stage

ID = "123e4567-e89b-42d3-a456-426614174000"


def test_a_prompt_alone_gets_an_id_and_the_defaults() -> None:
    ask = read_ask({"prompt": "a lighthouse"})
    assert parse_request_id(ask.request_id) == ask.request_id
    assert ask == Ask(
        request_id=ask.request_id,
        stage=Stage.STAGE_PROMPT,
        operation=Operation.OPERATION_GENERATE,
        age_band=AgeBand.AGE_BAND_UNKNOWN,
        prompt="a lighthouse",
        deadline_ms=60_000,
    )


def test_everything_can_be_said(tmp_path: Path) -> None:
    one, two = tmp_path / "1.png", tmp_path / "2.png"
    one.touch()
    two.touch()
    ask = read_ask(
        {
            "request_id": ID.upper(),
            "generation_id": ID,
            "stage": "Output",
            "operation": "EDIT",
            "age_band": "teen",
            "account": "4711",
            "tenant": "acme",
            "prompt": "",
            "transcript": "before",
            "image": str(one),
            "upload": [str(one), str(two)],
            "deadline_ms": 1500,
            "lane": "BULK",
        }
    )
    assert ask == Ask(
        request_id=ID,
        generation_id=ID,
        stage=Stage.STAGE_OUTPUT,
        operation=Operation.OPERATION_EDIT,
        age_band=AgeBand.AGE_BAND_TEEN,
        account="4711",
        tenant="acme",
        prompt="",
        transcript="before",
        images=(one,),
        uploads=(one, two),
        deadline_ms=1500,
        lane=Lane.LANE_BULK,
    )


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"stage": "middle"}, "stage should be one of prompt, output"),
        ({"operation": "paint"}, "operation should be one of generate, edit"),
        ({"age_band": "42"}, "age_band should be one of unknown, under_13, teen, adult"),
        ({"request_id": "1"}, "request_id should be a UUID"),
        ({"prompt": 5}, "prompt should be a string"),
        ({"lane": "fast"}, "lane should be one of interactive, bulk"),
        ({"image": 5}, "image should be the name of a file"),
        ({"image": ["no/such.png"]}, "image: there is no file no/such.png"),
        ({"upload": "no/such.png"}, "upload: there is no file no/such.png"),
        ({"deadline_ms": 0}, "deadline_ms should be a whole number from 1"),
        ({"deadline_ms": True}, "deadline_ms should be a whole number from 1"),
        ({"deadline_ms": "5"}, "deadline_ms should be a whole number from 1"),
        ({"account": 4711}, "account should be a string"),
        ({"account": "a\nb"}, "account holds a control character"),
        ({"tenant": "x" * 256}, "tenant has 256 characters, at most 255"),
        ({"promt": "x"}, "unknown key 'promt'; there are: account"),
    ],
)
def test_what_is_wrong_is_said(fields: dict[str, object], problem: str) -> None:
    with pytest.raises(AskError, match=problem):
        read_ask(fields)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(AskError) as caught:
        read_ask({"stage": "x", "operation": "y", "deadline_ms": -1})
    assert len(str(caught.value).splitlines()) == 3


def test_a_line_takes_what_it_leaves_out_from_the_options() -> None:
    defaults = read_ask({"tenant": "acme", "account": "a", "deadline_ms": 900, "request_id": ID, "lane": "bulk"})
    first = read_line(json.dumps({"prompt": "one"}), 1, defaults)
    other = {"prompt": "two", "tenant": "other", "account": "b", "lane": "interactive"}
    second = read_line(json.dumps(other), 2, defaults)
    assert first is not None
    assert second is not None
    assert (first.prompt, first.tenant, first.deadline_ms, first.lane) == ("one", "acme", 900, Lane.LANE_BULK)
    assert (second.prompt, second.tenant, second.lane) == ("two", "other", Lane.LANE_INTERACTIVE)
    assert (first.account, second.account) == ("a", "b")
    assert len({ID, first.request_id, second.request_id}) == 3


def test_nobody_sees_whose_request_it_is() -> None:
    assert "canary" not in repr(read_ask({"prompt": "x", "account": "canary"}))
    with pytest.raises(AskError) as caught:
        read_ask({"account": "canary" * 100})
    assert "canary" not in str(caught.value)


def test_an_empty_line_is_no_request() -> None:
    assert read_line(" \n", 1, Ask(request_id="")) is None


@pytest.mark.parametrize(
    ("line", "problems"),
    [
        ("{not json", ["line 7: not JSON"]),
        ('["a list"]', ["line 7: not a JSON object"]),
        ('{"stage": "x", "prompt": 1}', ["line 7: stage should be", "line 7: prompt should be a string"]),
    ],
)
def test_a_bad_line_is_named_by_number(line: str, problems: list[str]) -> None:
    with pytest.raises(AskError) as caught:
        read_line(line, 7, Ask(request_id=""))
    found = str(caught.value).splitlines()
    assert len(found) == len(problems)
    assert all(said.startswith(start) for said, start in zip(sorted(found), sorted(problems), strict=True))
