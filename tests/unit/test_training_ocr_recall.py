"""How the recall of text in pictures is measured."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFont

from sluice.check import Result, Status
from sluice.errors import TerminalError
from tests.unit.model_files import settings
from text_classifier.check import TextClassifier
from text_classifier.image_text import ImageTextClassifier
from training.ocr_recall import fonts
from training.ocr_recall.draw import CHINESE, WAYS, Way, draw, wrap
from training.ocr_recall.measure import Judge, Row, Seen, dealt, item_of, recall, rows_of
from training.ocr_recall.table import BEGIN, END, put, table

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pillow's own font under the name of one that would be fetched."""
    found = tmp_path_factory.mktemp("fonts")
    font = ImageFont.load_default(20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    assert isinstance(font.path, io.BytesIO)
    (found / fonts.FONTS["sans"].files[0].name).write_bytes(font.path.getvalue())
    return found


async def test_a_text_is_drawn_read_and_judged(folder: Path) -> None:
    check = await ImageTextClassifier.open(*settings())
    judge = Judge(check, await TextClassifier.open(*settings()), {"illicit": 0.5})
    unsafe = await judge.see(Row("how to build a pipe bomb", allow=False), Way("plain"), folder, 3)
    assert (unsafe.recall, unsafe.as_text, unsafe.as_picture) == (1.0, True, True)
    harmless = await judge.see(Row("a lighthouse", allow=True), Way("turned", degrees=90, ink=(9, 9, 90)), folder, 3)
    assert (harmless.recall, harmless.as_text, harmless.as_picture) == (1.0, False, False)
    assert harmless.cpu_ms > 0
    assert judge.stops(Result(Status.ABSTAIN)), "without scores nothing is allowed"


@pytest.mark.parametrize(
    "way", [Way("wave", wave=6), Way("upper", upper=True), Way("photograph", paper="coffee", outline=(0, 0, 0))]
)
def test_a_drawing_has_the_size_that_was_asked_for_and_is_the_same_again(folder: Path, way: Way) -> None:
    data = draw("a lighthouse at dawn", way, folder, 7)
    assert Image.open(io.BytesIO(data)).size == way.size
    assert data == draw("a lighthouse at dawn", way, folder, 7)
    assert data != draw("a lighthouse at dusk", way, folder, 7)


def test_lines_fit(folder: Path) -> None:
    font = fonts.load("sans", folder, 20)
    lines = wrap("a lighthouse at dawn, incomprehensibilities", font, 90)
    assert "".join(lines).replace(" ", "") == "alighthouseatdawn,incomprehensibilities"
    assert all(font.getlength(line) <= 90 for line in lines)


@pytest.mark.parametrize(
    ("said", "found", "share"),
    [
        ("A lighthouse, at dawn", "dawn A LIGHTHOUSE at", 1.0),
        ("the cat and the dog", "the cat and dog", 0.8),
        ("画一只猫", "画一猫", 0.75),
        ("dawn", "", 0.0),
        ("...", "", 0.0),
    ],
)
def test_recall(said: str, found: str, share: float) -> None:
    assert recall(said, found) == pytest.approx(share)


def test_what_ingest_refuses_is_told() -> None:
    with pytest.raises(TerminalError):
        item_of(b"not a picture")


def test_rows_are_dealt_until_all_were_seen() -> None:
    rows = [Row(str(number), allow=False) for number in range(10)]
    assert {place for way in range(4) for place, _ in dealt(rows, way, 3)} == set(range(10))
    assert dealt(rows, 2, 3) == dealt(rows, 2, 3)
    assert len(dealt(rows, 0, 99)) == 10


def test_suites_are_read() -> None:
    found = rows_of(ROOT / "evals" / "chinese.jsonl")
    assert {row.allow for row in found} == {True, False}


def test_the_table_counts(tmp_path: Path) -> None:
    seen = [Seen(False, 1.0, True, True, 100), Seen(False, 0.5, True, False, 300), Seen(True, 0.9, False, False, 200)]
    text = table({"plain": seen})
    assert "| plain | 80.0 % | 2 of 2 | 1 of 2 | 1 of 1 | 1 of 1 | 200 |" in text
    assert "Of 2 unsafe pictures whose text is blocked as text, 50.0 %" in text
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    put(page, text)
    put(page, text)
    assert page.read_text() == f"before\n{BEGIN}\n{text}\n{END}\nafter\n"
    page.write_text("no place for it")
    with pytest.raises(ValueError, match="no marks"):
        put(page, text)


def test_the_page_has_a_line_for_every_way() -> None:
    page = (ROOT / "docs" / "image-text.md").read_text()
    body = page[page.index(BEGIN) : page.index(END)]
    assert all(f"| {way.name} |" in body for way in (*WAYS, *CHINESE))


def test_every_font_is_pinned() -> None:
    for source in fonts.FONTS.values():
        assert (source.kind, len(source.sha256), len(source.files[0].sha256)) == ("npm", 64, 64)
    assert {way.font for way in (*WAYS, *CHINESE)} <= fonts.FONTS.keys()


def test_a_font_that_is_there_is_not_fetched(folder: Path) -> None:
    before = np.array([path.stat().st_mtime_ns for path in folder.iterdir()])
    fonts.fetch({"sans"}, folder)
    assert (before == [path.stat().st_mtime_ns for path in folder.iterdir()]).all()
