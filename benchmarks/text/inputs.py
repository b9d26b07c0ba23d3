"""What is scored: our own evaluation texts, by length."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONG_CHARACTERS = 10_000
"""Of the one long text: some 1,800 words."""


@dataclass(frozen=True, slots=True)
class Text:
    """`unsafe`: what its suite expects; None where it is made up of several."""

    text: str
    unsafe: bool | None


def inputs(count: int, chats: int, evals: Path = ROOT / "evals") -> Mapping[str, Sequence[Text]]:
    """Short prompts, harmless and unsafe; chat messages of some 60 tokens; one very long text."""
    prompts = [*suite(evals / "benign-image-prompts.jsonl"), *suite(evals / "plainly-unsafe-image-prompts.jsonl")]
    messages = suite(evals / "chat-messages.jsonl")
    pick = random.Random(7)
    return {
        "short prompts": pick.sample(prompts, min(count, len(prompts))),
        "chat messages": pick.sample(messages, min(chats, len(messages))),
        "long text": [long_text(messages)],
    }


def suite(path: Path) -> list[Text]:
    """The texts of a file of evals/."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [Text(row["text"], row["label"] == "block") for row in rows]


def long_text(messages: Sequence[Text]) -> Text:
    """The messages that are harmless, in a row, up to `LONG_CHARACTERS`."""
    return Text(" ".join(message.text for message in messages if not message.unsafe)[:LONG_CHARACTERS], None)
