"""The encoder's stand-in for tests: a tokenizer of a few words, and an engine whose vector is made from the ids."""

from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import BertPreTokenizer

from sluice.models.engine import Arrays
from sluice.text.encoder import WIDTH
from sluice.text.windows import Windows

_MARKS = ("[UNK]", "[CLS]", "[SEP]")
WORDS = (*_MARKS, "a", "red", "cat", "sits", "on", "the", "warm", "mat", "how", "to", "build", "bad", "thing")


def small_windows() -> Windows:
    """One word, one piece."""
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return Windows(tokenizer)


class BagEngine:
    """A vector with a one for every id that occurs, brought to length 1. Remembers the shapes it was asked for."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    async def run(self, inputs: Arrays) -> Arrays:
        ids, mask = inputs["input_ids"], inputs["attention_mask"]
        self.shapes.append(ids.shape)
        vectors: npt.NDArray[Any] = np.zeros((len(ids), WIDTH), np.float32)
        for row, (one, real) in enumerate(zip(ids, mask, strict=True)):
            vectors[row, one[real == 1]] = 1
        return {"embedding": vectors / np.linalg.norm(vectors, axis=1, keepdims=True)}
