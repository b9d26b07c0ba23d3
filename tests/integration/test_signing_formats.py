"""A folder of pictures in every format goes through the running stack: all of it leaves signed."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.decoder import heic
from ingest.decoder.answer import Reading
from ingest.decoder.picture import Bounds, read
from sluice import samples
from sluice.ids import new_request_id
from sluice.local.state import Running
from sluice.media import EXTENSIONS, sniff
from sluice.provenance import State, Verification, verify
from sluice.v1.request_pb2 import OPERATION_EDIT, STAGE_OUTPUT, AgeBand, Subject
from tests.integration.client import Client, action, ask, generated, prompt, rules, upload
from tests.integration.test_signing import fetch
from tests.unit.heic_pictures import STILL
from tests.unit.hostile_pictures import blobs, encoded

PLAIN = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF")
BOUNDS = Bounds(max_bytes=8 << 20, max_pixels=4_000_000)


def pictures() -> dict[str, bytes]:
    """File name -> picture."""
    named = {f"{form.lower()}.{form.lower()}": samples.pictures()[2].encoded(form) for form in PLAIN}
    return named | {
        "telephone.heic": STILL,
        "large.tiff": encoded(blobs(), "TIFF", big_tiff=True),
        "general.avif": (avif := encoded(blobs(), "AVIF"))[:8] + b"mif1" + avif[12:],
    }


def verified(stack: Running, data: bytes) -> Verification:
    anchors = (Path(stack.certificates) / "root.pem").read_text()
    return verify(data, sniff(data) or "", anchors)


@pytest.fixture(scope="module")
def answers(stack: Running, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[dict[str, Any], Path]]:
    """File name -> the command's answer and where its signed picture lies."""
    folder = tmp_path_factory.mktemp("mixed")
    lines, ids = [], {}
    for name, data in pictures().items():
        (folder / name).write_bytes(data)
        ids[new_request_id()] = name
        lines.append({"image": name, "stage": "output", "request_id": list(ids)[-1]})
    (folder / "asks.jsonl").write_text("\n".join(map(json.dumps, lines)))
    home = Path(stack.object_store.removeprefix("file://")).parent
    done = subprocess.run(
        [sys.executable, "-m", "sluice.cli.main", "moderate", "--jsonl", "asks.jsonl", "--lane", "interactive"],
        env={"SLUICE_HOME": str(home), "PATH": ""},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {ids[each["request_id"]]: (each, folder / each["signed_file"]) for each in found}


@pytest.mark.parametrize("name", list(pictures()))
def test_every_picture_of_the_folder_leaves_signed(
    stack: Running, answers: Mapping[str, tuple[dict[str, Any], Path]], name: str
) -> None:
    answer, file = answers[name]
    before, after = pictures()[name], file.read_bytes()
    assert (answer["action"], answer["asset"]["ingredients"]) == ("ALLOW", [])
    assert (sniff(after), file.suffix) == (sniff(before), "." + EXTENSIONS[sniff(before) or ""])
    found = verified(stack, after)
    assert (found.state, found.failures, found.gathered) == (State.TRUSTED, (), frozenset())
    assert found.decision["request_id"] == answer["request_id"]
    assert found.decision["policy_digest"] == answer["policy_digest"]
    assert found.assertions["c2pa.actions.v2"]["actions"][0]["action"] == "c2pa.created"
    heic.register()
    shown = [read(data, "", BOUNDS) for data in (before, after)]
    assert all(isinstance(each, Reading) for each in shown)
    assert shown[0] == shown[1]


def test_an_edit_carries_whole_credentials_and_tells_of_broken_ones(
    stack: Running, client: Client, answers: Mapping[str, tuple[dict[str, Any], Path]]
) -> None:
    whole = answers["jpeg.jpeg"][1].read_bytes()
    broken = whole[:-2] + b"more" + whole[-2:]
    request = ask(
        prompt("make it look like an old postcard"),
        generated(samples.pictures()[3].encoded("PNG")),
        upload(whole),
        upload(broken),
        stage=STAGE_OUTPUT,
        operation=OPERATION_EDIT,
    )
    answer = client.moderate(request)
    assert action(answer.decision) == "ALLOW"
    assert [(each.carried, list(each.failures)) for each in answer.asset.ingredients] == [
        (True, []),
        (False, ["assertion.dataHash.mismatch"]),
    ]
    found = verified(stack, fetch(stack, answer.asset.signed))
    assert (found.state, found.ingredient_failures) == (State.TRUSTED, ())
    assert [each["action"] for each in found.assertions["c2pa.actions.v2"]["actions"]] == [
        "c2pa.opened",
        "c2pa.placed",
        "c2pa.edited",
    ]
    named = {data["dc:title"]: data for label, data in found.assertions.items() if "ingredient" in label}
    assert named["upload 1"]["relationship"] == "parentOf"
    assert ["activeManifest" in named[title] for title in ("upload 1", "upload 2")] == [True, False]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "AVIF"])
def test_nothing_of_the_user_is_in_the_file(stack: Running, client: Client, form: str) -> None:
    request = ask(
        prompt("a watercolor of a lighthouse with marigolds at dawn"),
        generated(samples.pictures()[3].encoded(form)),
        upload(samples.pictures()[2].encoded("JPEG")),
        stage=STAGE_OUTPUT,
        operation=OPERATION_EDIT,
    )
    request.subject.CopyFrom(Subject(account_id="account-4711", age_band=AgeBand.AGE_BAND_ADULT, tenant="tenant-77"))
    answer = client.moderate(request)
    assert (action(answer.decision), rules(answer.decision)) == ("ALLOW", set())
    signed = fetch(stack, answer.asset.signed)
    found = verified(stack, signed)
    assert found.state is State.TRUSTED
    assert answer.decision.tenant == "tenant-77"
    everything = repr(found).encode() + signed
    uploaded = answer.asset.ingredients[0].sha256
    for secret in (
        b"marigolds",
        b"account-4711",
        b"tenant-77",
        b"ADULT",
        uploaded,
        uploaded.hex().encode(),
        b"file:/",
    ):
        assert secret not in everything
