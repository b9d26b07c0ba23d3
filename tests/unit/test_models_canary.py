"""A canary's question is the same everywhere, and an answer that cannot be believed is told from one that can."""

import numpy as np
import numpy.typing as npt
import pytest

from sluice.models import canary, repository
from sluice.models.canary import Canary
from sluice.models.engine import Arrays, EngineSettings
from sluice.models.onnx_engine import OnnxEngine
from sluice.models.triton_repository import graphs
from tests.unit.model_files import MODELS


def asked_here(name: str) -> tuple[Canary, Arrays]:
    """A model's canary and what this process answers."""
    card = repository.load(MODELS, name)
    asked = canary.of_card(card)
    engine = OnnxEngine.open(repository.folder(MODELS, card) / repository.MODEL, EngineSettings())
    return asked, engine.answer(asked.question)


@pytest.mark.parametrize("name", graphs(MODELS))
def test_every_model_answers_its_question(name: str) -> None:
    asked, answer = asked_here(name)
    assert asked.wrong(answer) == ""
    assert Canary(asked.question, answer, asked.tolerance).wrong(asked_here(name)[1]) == ""


@pytest.mark.parametrize("name", graphs(MODELS))
def test_numbers_that_are_a_little_off_all_over_are_another_models(name: str) -> None:
    asked, answer = asked_here(name)
    off = {key: values + (0.05 * np.abs(values).max()).astype(values.dtype) for key, values in answer.items()}
    assert "is not the answer of the card's weights" in Canary(asked.question, answer, asked.tolerance).wrong(off)


def test_a_picture_classifier_is_asked_the_picture_of_its_card() -> None:
    asked = canary.of_card(repository.load(MODELS, "nsfw_mobilenet"))
    assert asked.golden is not None
    assert asked.tolerance == 0.002
    off = {"probabilities": asked.golden["probabilities"] + np.float32(0.01)}
    assert asked.wrong(off) == "probabilities is not the answer of the card's weights"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_a_number_is_wrong_also_where_the_answer_is_not_known(value: float) -> None:
    asked = Canary({})
    assert asked.wrong({"p": np.array([[0.0, value]])}) == "p is not finite"
    assert asked.wrong({"p": np.zeros((1, 2))}) == ""


def test_one_index_of_four_may_differ() -> None:
    golden: npt.NDArray[np.int64] = np.arange(20).reshape(1, 20)
    asked = Canary({}, {"index": golden})
    near, far = golden.copy(), golden.copy()
    near[0, :5] += 1
    far[0, :6] += 1
    assert asked.wrong({"index": near}) == ""
    assert asked.wrong({"index": far}) != ""
    assert asked.wrong({"index": golden[:, :19]}) != ""
