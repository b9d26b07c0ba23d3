"""Two thousand broken pictures through the decoders of production; `python -m tests.fuzz` runs a hundred thousand."""

import asyncio
import time

from tests.fuzz.campaign import SETTINGS, Inputs, run
from tests.fuzz.corpus import corpus, readable
from tests.unit.hostile_pictures import FORMATS

COUNT = 2100


def test_the_corpus_is_of_files_that_are_read() -> None:
    files = corpus()
    assert set(files) == {*FORMATS, "HEIC"}
    assert all(readable(data) for form in FORMATS for data in files[form])


def test_a_number_makes_the_same_input_again() -> None:
    one = Inputs.of(3)
    # Formats carry the time in seconds.
    time.sleep(1.1)
    other = Inputs.of(3)
    assert one == other
    assert [one.make(number) for number in range(50)] == [other.make(number) for number in range(50)]
    assert len({one.make(number)[2] for number in range(50)}) > 45


def test_every_broken_picture_gets_an_answer_and_kills_nobody() -> None:
    result = asyncio.run(run(Inputs.of(20), 0, COUNT, SETTINGS))
    total = result.tally.total
    assert total.total() == COUNT
    assert (result.restarts, result.left, total["child lost"], total["unforeseen"]) == (0, 0, 0, 0)
    # Inputs that are all refused at the door, or all read, would try nothing.
    for form, counts in result.tally.by_format.items():
        assert counts["read"] > 0, form
        assert counts["undecodable"] + counts["truncated"] > 0, form
