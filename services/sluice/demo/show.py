"""The demo itself: asks, shows what comes back, keeps the signed pictures, and checks them as a stranger would."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sluice.demo.generator import Answer, Generator
from sluice.demo.sample_set import sample_set
from sluice.demo.table import action_word, table, why
from sluice.local.state import Running
from sluice.objects import ObjectStore
from sluice.provenance import State, verify
from sluice.settings import KafkaSettings

_MOST_BYTES = 64 << 20


def show(running: Running, out: Path) -> bool:
    """Runs the sample set against a stack; whether every decision is as expected and every picture verifies.

    Signed pictures are added to `out`, named after their requests; nothing that lies there is touched.
    """
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 150)

    def shown(answer: Answer) -> None:
        console.print(f"{action_word(answer):6} {answer.case.name}  {why(answer.decision)}", highlight=False)

    cases = sample_set()
    console.print(f"publishing {len(cases)} requests to {running.kafka}", highlight=False)
    answers = Generator(KafkaSettings({"bootstrap.servers": running.kafka}), shown).run(cases)
    out.mkdir(parents=True, exist_ok=True)
    credentials = asyncio.run(_keep(answers, running, out))
    console.print(table(answers, credentials))
    wrong = [answer.case.name for answer in answers if not answer.as_expected]
    unverified = [name for name, state in credentials.items() if state != State.TRUSTED]
    if wrong:
        console.print(f"not as expected: {', '.join(wrong)}")
    if unverified:
        console.print(f"credentials do not verify: {', '.join(unverified)}")
    if not wrong and not unverified:
        console.print(f"all {len(answers)} decisions as expected; {len(credentials)} signed pictures in {out}/")
    return not wrong and not unverified


async def _keep(answers: Sequence[Answer], running: Running, out: Path) -> dict[str, str]:
    """Writes signed pictures to `out`; request id -> what their credentials are worth."""
    store = ObjectStore.open(running.object_store)
    anchors = (Path(running.certificates) / "root.pem").read_text()
    found: dict[str, str] = {}
    for answer in answers:
        if answer.signed is None:
            continue
        data = await store.get(answer.signed.signed, _MOST_BYTES)
        name = f"{answer.request_id}.{answer.signed.signed.uri.rpartition('.')[2]}"
        (out / name).write_bytes(data)
        checked = verify((out / name).read_bytes(), answer.signed.signed.media_type, anchors)
        named = checked.decision.get("request_id") == answer.request_id
        found[answer.request_id] = checked.state.value if named else "names another request"
    return found
