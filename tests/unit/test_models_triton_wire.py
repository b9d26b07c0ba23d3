"""Arrays as messages and back; what comes back in another form than the card's is no answer."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tritonclient.grpc import service_pb2 as wire

from sluice.errors import RetryableError, TerminalError
from sluice.models import repository
from sluice.models.card import Card
from sluice.models.triton_wire import answer_of, fill, join, pieces, request, rows_of
from tests.unit.model_files import write_card


@pytest.fixture
def card(tmp_path: Path) -> Card:
    """Takes uint8 (n, 2, 3), gives float32 (n, any)."""
    inputs = [{"name": "pixels", "dtype": "uint8", "shape": ["n", 2, 3]}]
    outputs = [{"name": "p", "dtype": "float32", "shape": ["n", "any"]}]
    write_card(tmp_path, "toy", version=3, inputs=inputs, outputs=outputs)
    return repository.load(tmp_path, "toy")


def response(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> wire.ModelInferResponse:
    found = wire.ModelInferResponse()
    found.outputs.add(name="p", datatype="FP32", shape=values.shape)
    found.raw_output_contents.append(values.tobytes())
    return found


def test_a_request_pins_version_priority_and_time(card: Card) -> None:
    message = request(card, "id", urgent=True, microseconds=1500)
    assert (message.model_name, message.model_version, message.id) == ("toy", "3", "id")
    assert message.parameters["priority"].uint64_param == 1
    assert message.parameters["timeout"].int64_param == 1500
    assert [each.name for each in message.outputs] == ["p"]
    assert request(card, "", urgent=False, microseconds=-5).parameters["priority"].uint64_param == 2
    assert request(card, "", urgent=False, microseconds=-5).parameters["timeout"].int64_param == 1


def test_pixels_travel_as_bytes(card: Card) -> None:
    message = request(card, "", urgent=False, microseconds=1)
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    # A view whose memory is not in order.
    fill(message, {"pixels": pixels[::-1]})
    (described,) = message.inputs
    assert (described.name, described.datatype, list(described.shape)) == ("pixels", "UINT8", [2, 2, 3])
    assert message.raw_input_contents[0] == bytes([*range(6, 12), *range(6)])


def test_an_answer_can_be_written_to(card: Card) -> None:
    values = np.array([[1, 2], [3, 4]], np.float32)
    found = answer_of(card, response(values), 2)["p"]
    found *= 2
    assert np.array_equal(found, values * 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.raw_output_contents.pop(), "without their bytes"),
        (lambda r: setattr(r.outputs[0], "name", "q"), "no p"),
        (lambda r: setattr(r.outputs[0], "datatype", "FP64"), "another form"),
        (lambda r: r.outputs[0].shape.append(1), "another form"),
        (lambda r: r.outputs[0].shape.__setitem__(1, 3), "another form"),
        (lambda r: r.outputs[0].shape.__setitem__(slice(0, 2), [1, 4]), "1 rows for 2"),
    ],
)
def test_an_answer_in_another_form(
    card: Card, change: Callable[[wire.ModelInferResponse], object], message: str
) -> None:
    found = response(np.zeros((2, 2), np.float32))
    change(found)
    with pytest.raises(RetryableError, match=message):
        answer_of(card, found, 2)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"rgb": np.zeros((1, 2, 3), np.uint8)}, "takes pixels, not rgb"),
        ({"pixels": np.zeros((1, 2, 3), np.int64)}, r"should be uint8 of shape \(n, 2, 3\), not int64"),
        ({"pixels": np.zeros((1, 3, 2), np.uint8)}, r"not uint8 of \(1, 3, 2\)"),
        ({"pixels": np.zeros((0, 2, 3), np.uint8)}, r"have \[0\] rows"),
    ],
)
def test_what_is_not_the_cards_input(
    card: Card, inputs: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]], message: str
) -> None:
    with pytest.raises(TerminalError, match=message):
        rows_of(card, inputs)


def test_pieces_in_order_and_together_again() -> None:
    values = np.arange(21).reshape(21, 1)
    parts = pieces({"p": values}, 21, 8)
    assert [len(part["p"]) for part in parts] == [8, 8, 5]
    assert np.array_equal(join(parts)["p"], values)
    with pytest.raises(RetryableError, match="different shapes"):
        join([{"p": np.zeros((8, 2))}, {"p": np.zeros((8, 3))}])
