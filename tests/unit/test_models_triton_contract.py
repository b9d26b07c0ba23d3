"""A server whose model is not the card's is refused, and the message says in what it differs."""

from collections.abc import Callable

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as config_pb

from sluice.errors import NotReadyError
from sluice.models import repository
from sluice.models.triton_config import config_text
from sluice.models.triton_contract import check
from tests.unit.model_files import MODELS

Change = Callable[[config_pb.ModelConfig], object]
CARD = repository.load(MODELS, "face_ssd")


def config() -> config_pb.ModelConfig:
    return text_format.Parse(config_text(CARD, 8), config_pb.ModelConfig())


def test_the_cards_own_config_passes() -> None:
    assert check(CARD, config()) == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: setattr(c, "name", "face"), "it is called face"),
        (lambda c: setattr(c, "max_batch_size", 0), "it takes no batches"),
        (lambda c: setattr(c.input[0], "name", "rgb"), "input pixels should be TYPE_UINT8"),
        (lambda c: setattr(c.input[0], "data_type", config_pb.TYPE_FP32), r"TYPE_UINT8 \[512, 512, 3\]"),
        (lambda c: c.output[1].dims.append(1), r"output score should be TYPE_FP32 \[5118\]"),
        (lambda c: c.output.add(name="more"), "output more is not on the card"),
        (lambda c: c.parameters.pop("sluice.sha256.1"), r"its config has no sluice\.sha256\.1"),
        (
            lambda c: setattr(c.parameters["sluice.sha256.1"], "string_value", "ab" * 32),
            r"SHA-256 abababababab\.\.\., not the card's",
        ),
    ],
)
def test_what_differs_is_named(change: Change, message: str) -> None:
    found = config()
    change(found)
    with pytest.raises(NotReadyError, match=message):
        check(CARD, found)


def test_all_differences_are_told_at_once() -> None:
    found = config()
    found.max_batch_size = 0
    found.input[0].dims[0] = 256
    with pytest.raises(NotReadyError, match=r"input pixels .*; it takes no batches"):
        check(CARD, found)


def test_a_side_that_varies_is_minus_one() -> None:
    card = repository.load(MODELS, "face_tiny")
    found = text_format.Parse(config_text(card, 16), config_pb.ModelConfig())
    assert list(found.input[0].dims) == [-1, -1, 3]
    assert check(card, found) == 16
