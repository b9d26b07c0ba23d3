"""docs/client.md: its code runs, and its tables are those of the code."""

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any, get_type_hints

import pytest
from PIL import Image

from sluice import samples
from sluice.client import Allowed, Refused, Why
from sluice.client.ask import Details
from sluice.client.settings import OUTPUT_SECONDS, PROMPT_SECONDS, Options
from sluice.client.simulated_prompts import Outcome, read_script

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text()
PICTURE = samples.pictures()[4].data
ALLOWED = "sluice-test:allow a lighthouse"
REFUSED = "sluice-test:block:violence two knights"


def blocks() -> list[str]:
    """The page's code."""
    return re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def first_column(heading: str) -> list[str]:
    """Of the table under this head."""
    table = PAGE[PAGE.index(f"\n| {heading} |") :].split("\n\n")[0].partition("|---")[2]
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


class Room:
    """What the page's code finds around it, and what it did."""

    def __init__(self, prompt: str) -> None:
        self.prompt = prompt
        self.shown: list[object] = []

    async def generate(self, prompt: str) -> bytes:
        return PICTURE

    def generate_in_steps(self, prompt: str, on_step: Callable[[], None]) -> bytes:
        for _ in range(3):
            on_step()
        return PICTURE

    def pipeline(self, prompt: str, callback_on_step_end: Callable[..., dict[str, int]]) -> SimpleNamespace:
        for step in range(3):
            assert callback_on_step_end(self, step, 1000 - step, {"latents": 1}) == {"latents": 1}
        return SimpleNamespace(images=[Image.fromarray(samples.pictures()[4].rgb)])

    def show(self, said: object) -> None:
        self.shown.append(said)

    def show_picture(self, picture: bytes, media_type: str) -> None:
        self.shown.append((picture, media_type))

    async def run(self, text: str) -> dict[str, Any]:
        """The names that the code leaves behind."""
        names = {name: getattr(self, name) for name in dir(self) if not name.startswith("_")}
        code: CodeType = compile(text, "client.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        running = eval(code, names)
        if inspect.isawaitable(running):
            await running
        return names


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLUICE_URL", "SLUICE_API_KEY", "SLUICE_API_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SLUICE_SIMULATE", "1")


@pytest.mark.parametrize("at", range(len(blocks())))
async def test_the_code_of_the_page_runs_where_the_prompt_is_allowed(at: int) -> None:
    room = Room(ALLOWED)
    names = await room.run(blocks()[at])
    known = "test_bank_pictures" in blocks()[at]
    assert room.shown == (
        [("known-csam",)] if known else [(PICTURE, "image/png")] if "show_p" in blocks()[at] else []
    )
    assert isinstance(names.get("result"), Allowed) == ("gate.submit" in blocks()[at])


@pytest.mark.parametrize("at", range(len(blocks())))
async def test_and_where_it_is_refused(at: int) -> None:
    room, text = Room(REFUSED), blocks()[at]
    if "except Refused" in text:
        await room.run(text)
        assert len(room.shown) == 1
        assert room.shown != [(PICTURE, "image/png")]
        if "german" in text:
            assert room.shown == [("Gewalt zeigen wir nicht.",)]
    else:
        with pytest.raises(Refused):
            await room.run(text)


def test_every_reason_for_no_answer_option_and_detail_is_told() -> None:
    assert first_column("`why`") == [why.value for why in Why]
    assert set(first_column("option")) == get_type_hints(Options).keys()
    assert set(first_column("detail")) == get_type_hints(Details).keys()
    assert f"| `prompt_seconds` | {PROMPT_SECONDS:g} |" in PAGE
    assert f"| `output_seconds` | {OUTPUT_SECONDS:g} |" in PAGE


def test_every_outcome_of_the_simulator_is_told_and_every_test_prompt_is_one() -> None:
    told = [read_script(prompt) for prompt in first_column("prompt")]
    assert None not in told
    assert {script.outcome for script in told if script} == set(Outcome)
