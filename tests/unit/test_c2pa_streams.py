"""The library signs, reads and refuses the same whichever way it gets at pictures, and leaves nothing behind."""

import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from c2pa_signer.manifest import plan
from sluice import c2pa_streams
from sluice.c2pa_binding import binding
from sluice.c2pa_sdk import CredentialError, Json, Sdk, SigningKey, Source
from sluice.c2pa_streams import NativeStreams, PythonStreams, Streams, streams
from sluice.extension import extension
from sluice.provenance import State, judge
from sluice.samples.sample import MEDIA_TYPES
from tests.unit.heic_pictures import STILL
from tests.unit.hostile_pictures import blobs, encoded
from tests.unit.signing import FACTS, anchor, files

JPEG, PNG = "image/jpeg", "image/png"
TYPES = [*MEDIA_TYPES.values(), "image/heic"]
PYTHON: Streams = PythonStreams("asked for")


@dataclass
class Counting:
    """The native library; counts what is called."""

    library: Any
    calls: Counter[str]

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self.library, name)


def ways() -> tuple[Streams, ...]:
    """All that are here: Python's files always, native memory where the extension was built."""
    best = streams()
    return (PYTHON, best) if isinstance(best, NativeStreams) else (PYTHON,)


def counted() -> tuple[Streams, Counter[str]]:
    """The best way, and how often it has called each of the library's functions."""
    found, names, calls = extension(), binding(), Counter[str]()
    if found is None or names is None:
        return PYTHON, calls
    return NativeStreams(found, replace(names, library=Counting(names.library, calls))), calls


@cache
def plain(media_type: str) -> bytes:
    forms = {name: form for form, name in MEDIA_TYPES.items()}
    return STILL if media_type == "image/heic" else encoded(blobs(), forms[media_type])


@cache
def key() -> SigningKey:
    return SigningKey(files()["chain.pem"], files()["key.pem"])


def manifest(media_type: str = JPEG) -> Json:
    return plan(FACTS, media_type).manifest


def sdk(by: Streams) -> Sdk:
    return Sdk(anchor(), by=by)


def signed_by(by: Streams, media_type: str = JPEG) -> bytes:
    return sdk(by).sign(key(), plain(media_type), media_type, manifest(media_type), ())


@cache
def signed(media_type: str = JPEG) -> bytes:
    return signed_by(PYTHON, media_type)


def refusal(by: Streams, data: bytes, media_type: str) -> object:
    """What reading says that it is, or its kind of refusal."""
    try:
        found = sdk(by).read(data, media_type)
    except CredentialError as error:
        return f"refused: {error}"
    return "nothing" if found is None else judge(*found)


def signing_refusal(by: Streams, data: bytes, media_type: str, *sources: Source, said: Json | None = None) -> str:
    try:
        made = sdk(by).sign(key(), data, media_type, said or manifest(media_type), sources)
    except CredentialError as error:
        return f"refused: {error}"
    return f"{len(made)} bytes"


def resident() -> int:
    """Bytes of this process that are in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def broken(data: bytes) -> Iterator[bytes]:
    """Cut off, with lengths and offsets that cannot be, and with something in the middle gone."""
    size = len(data)
    yield from (data[:length] for length in (0, 1, 7, 40, size // 3, size // 2, size - 1))
    for at in (2, 8, 20, 30, 60, size // 2, size - 12):
        for wrong in (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\0", b"\xff" * 8):
            yield data[:at] + wrong + data[at + len(wrong) :]
    yield data[: size // 4] + data[size // 2 :]


@pytest.mark.parametrize("media_type", TYPES)
def test_every_format_is_signed_and_read_the_same(media_type: str) -> None:
    made = {by: signed_by(by, media_type) for by in (*ways(), *ways())}
    for data in made.values():
        found = [sdk(by).read(data, media_type) for by in ways()]
        assert found[0] is not None
        assert judge(*found[0]).state is State.TRUSTED
        assert all(each == found[0] for each in found)
        # But for what is drawn by lot: the signature, labels, salts and the digests over them.
        assert len(data) == len(signed(media_type))
        assert sum(one != other for one, other in zip(data, signed(media_type), strict=True)) < 1000


def test_ingredients_come_with_their_credentials() -> None:
    about = {"title": "before", "relationship": "componentOf", "label": "one"}
    for media_type in TYPES:
        reports = []
        for by in ways():
            made = sdk(by).sign(
                key(), plain(PNG), PNG, manifest(PNG), [Source(about, media_type, signed(media_type))]
            )
            found = sdk(by).read(made, PNG)
            assert found is not None
            detailed, brief = found
            assert len(detailed["manifests"]) == 2, media_type
            reports.append(
                (judge(detailed, brief).state, brief["manifests"][brief["active_manifest"]]["ingredients"])
            )
        assert all(len(ingredients) == 1 for _, ingredients in reports)
        assert all(state is State.TRUSTED for state, _ in reports), media_type


@pytest.mark.parametrize("media_type", TYPES)
def test_the_same_is_refused_or_found_in_broken_pictures(media_type: str) -> None:
    answers = [[refusal(by, data, media_type) for data in broken(signed(media_type))] for by in ways()]
    assert all(each == answers[0] for each in answers)
    assert len({str(each)[:60] for each in answers[0]}) > 2


@pytest.mark.parametrize("media_type", TYPES)
def test_the_same_broken_pictures_are_not_signed(media_type: str) -> None:
    answers = [[signing_refusal(by, data, media_type) for data in broken(plain(media_type))] for by in ways()]
    assert all(each == answers[0] for each in answers)
    assert any("refused" in each for each in answers[0])
    of_sources = [
        [
            signing_refusal(by, plain(PNG), PNG, Source({"title": "t"}, media_type, data))
            for data in broken(signed(media_type))
        ]
        for by in ways()
    ]
    assert all(each == of_sources[0] for each in of_sources)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (plain(PNG), JPEG),
        (signed(PNG), JPEG),
        (signed(), "image/unheard-of"),
        (signed(), ""),
        (signed(), "image/jpeg\0"),
        (signed(), " IMAGE/JPEG "),
        (b"", PNG),
        (b"no picture", PNG),
        (b"no picture", ""),
    ],
)
def test_the_same_is_said_of_other_types(data: bytes, media_type: str) -> None:
    answers = [refusal(by, data, media_type) for by in ways()]
    assert all(each == answers[0] for each in answers)
    assert len({signing_refusal(by, data, media_type) for by in ways()}) == 1
    assert len({signing_refusal(by, plain(PNG), PNG, Source({}, media_type, data)) for by in ways()}) == 1


def test_the_same_is_said_of_manifests_that_are_none() -> None:
    unheard: Json = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [{}]}}]}
    for said in ({"assertions": 5}, {"not": {1, 2}}, unheard):
        answers = {signing_refusal(by, plain(PNG), PNG, said=said) for by in ways()}
        assert len(answers) == 1, answers
    assert len({signing_refusal(by, plain(PNG), PNG, Source({"no": {1}}, PNG, plain(PNG))) for by in ways()}) == 1


def test_a_picture_that_outgrows_all_bounds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert signing_refusal(streams(), plain(PNG), PNG).endswith("bytes")
    monkeypatch.setattr(c2pa_streams, "_MOST", 1000 - len(plain(PNG)))
    limited = isinstance(streams(), NativeStreams)
    assert signing_refusal(streams(), plain(PNG), PNG).startswith("refused: Io") is limited


def test_the_bytes_are_let_go_and_every_handle_given_back() -> None:
    by, calls = counted()
    data, source = signed(PNG) + b"", bytes(bytearray(plain(JPEG)))
    cut, half = bytes(bytearray(data[: len(data) // 2])), bytes(bytearray(data[:40]))
    wrong = b""
    before = [sys.getrefcount(each) for each in (data, source, cut, half)]
    for _ in range(20):
        refusal(by, data, PNG)
        refusal(by, source, JPEG)
        for wrong in (cut, half):
            refusal(by, wrong, PNG)
            refusal(by, wrong, "image/unheard-of")
            signing_refusal(by, wrong, PNG)
            signing_refusal(by, source, JPEG, Source({"title": "t"}, PNG, wrong))
        signing_refusal(by, data, PNG, Source({"title": "t"}, JPEG, source))
        signing_refusal(by, data, PNG, said={"assertions": 5})
    wrong = b""
    assert [sys.getrefcount(each) for each in (data, source, cut, half)] == before
    assert calls["c2pa_create_stream"] == calls["c2pa_release_stream"]
    assert (calls["c2pa_create_stream"] >= 200) == isinstance(by, NativeStreams)


def test_memory_does_not_grow_whatever_goes_wrong() -> None:
    big = encoded(blobs(1200, 1000).convert("RGB"), "TIFF")
    mebibytes = len(big) >> 20
    assert mebibytes >= 3
    made = sdk(streams()).sign(key(), big, "image/tiff", manifest("image/tiff"), ())
    wrong = made[: len(made) - 2000]

    def once() -> None:
        for data in (made, wrong):
            refusal(streams(), data, "image/tiff")
            refusal(streams(), data, JPEG)
            signing_refusal(streams(), data, JPEG)
            signing_refusal(streams(), data, "image/tiff")
            signing_refusal(streams(), plain(PNG), PNG, Source({}, "image/tiff", data))

    for _ in range(4):
        once()
    before = resident()
    for _ in range(20):
        once()
    # One kind of failure that keeps what it wrote or read would keep twenty of them.
    assert (resident() - before) >> 20 < 10 * mebibytes


def test_threads_do_not_hinder_each_other() -> None:
    shared = sdk(streams())

    def work(number: int) -> bool:
        media_type = TYPES[number % len(TYPES)]
        made = shared.sign(key(), plain(media_type), media_type, manifest(media_type), ())
        found = shared.read(made, media_type)
        return found is not None and judge(*found).state is State.TRUSTED

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(80)))


def test_native_memory_is_used_where_it_is() -> None:
    best = streams()
    assert isinstance(best, NativeStreams) == (extension() is not None)
    assert (best.slow == "") == isinstance(best, NativeStreams)


def test_without_the_extension_python_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sluice._native", None)
    extension.cache_clear()
    streams.cache_clear()
    try:
        assert isinstance(streams(), PythonStreams)
        assert "native/" in streams().slow
        found = Sdk(anchor()).read(signed(), JPEG)
        assert found is not None
        assert judge(*found).state is State.TRUSTED
    finally:
        extension.cache_clear()
        streams.cache_clear()


def test_with_another_release_of_the_package_python_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c2pa_streams, "binding", lambda: None)
    streams.cache_clear()
    try:
        assert isinstance(streams(), PythonStreams)
        assert streams().slow
    finally:
        streams.cache_clear()


@pytest.mark.parametrize("child", ["sluice.credentials.child", "c2pa_signer.screen_child"])
def test_children_have_it_before_they_can_open_no_file(child: str) -> None:
    code = (
        f"import sys, {child} as child;"
        "from sluice.c2pa_streams import streams;"
        "told = lambda _: sys.exit(f'{streams.cache_info().currsize} {(\"sluice._native\" in sys.modules)}');"
        "child.confine = told; child.main()"
    )
    words = ["1"] if child.startswith("sluice") else [JPEG, "1"]
    run = subprocess.run([sys.executable, "-I", "-c", code, *words], capture_output=True, text=True, check=False)
    assert run.stderr.split() == ["1", str(extension() is not None)]
