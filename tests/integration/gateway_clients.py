"""OpenAI's two official clients, each asking the same things of a gateway."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import openai

from sluice.local.state import Running

FOLDER: Final = Path(__file__).parents[1] / "clients"
SECONDS: Final = 60.0
Outcome = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """What a client is to ask. `retries`: how often it may by itself; `seconds`: its patience."""

    what: str
    key: str
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    retries: int = 0
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway of a running stack. `ops`: where it tells its numbers; `home`: the stack's."""

    url: str
    ops: str
    home: Path

    @classmethod
    def of(cls, stack: Running) -> "Gateway":
        """The stack's own."""
        home = Path(stack.object_store.removeprefix("file://")).parent
        at = stack.services["gateway"]
        return cls(f"http://{at.http}", f"http://{at.ops}", home)

    def answered(self, status: int) -> int:
        """How many moderations were answered so until now."""
        with urlopen(f"{self.ops}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        name = r'sluice_gateway_requests_total\{route="POST /v1/moderations",service="gateway",status="%d"\} (\S+)'
        return sum(round(float(value)) for value in re.findall(name % status, text))

    @contextmanager
    def key(self, *words: str) -> Iterator[str]:
        """A key that `sluice keys create` makes with these words; revoked at the end."""
        made = json.loads(self.keys("create", "--name", "test", "--json", *words))
        yield made["key"]
        self.keys("revoke", made["id"])

    def keys(self, *words: str) -> str:
        """What `sluice keys` prints."""
        command = [sys.executable, "-m", "sluice.cli.main", "keys", *words]
        env = {"SLUICE_HOME": str(self.home)}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60).stdout


def ask_python(url: str, cases: Sequence[Case]) -> list[Outcome]:
    """What the Python client makes of each."""
    return [_ask(url, case) for case in cases]


def ask_node(url: str, cases: Sequence[Case]) -> list[Outcome]:
    """What the client for Node makes of each."""
    given = json.dumps([asdict(case) for case in cases])
    command = ["node", str(FOLDER / "moderate.mjs"), url]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def told(outcomes: Sequence[Outcome]) -> str:
    """A transcript, for people."""
    lines = []
    for outcome in outcomes:
        if outcome["ok"]:
            found = f"200 {outcome['model']} flagged={outcome['flagged']} true={outcome['true']}"
        else:
            found = f"{outcome.get('status', '-')} {outcome['error']} {outcome.get('code')}: {outcome.get('message')}"
        lines.append(f"  {outcome['what']:<28} {found}")
    return "\n".join(lines)


def _ask(url: str, case: Case) -> Outcome:
    with openai.OpenAI(
        base_url=f"{url}/v1", api_key=case.key, max_retries=case.retries, timeout=case.seconds
    ) as client:
        try:
            body: Any = case.body
            answer = client.moderations.create(**body, extra_headers=case.headers)
        except openai.APITimeoutError:
            return {"what": case.what, "ok": False, "error": "timeout"}
        except openai.APIStatusError as error:
            return {
                "what": case.what,
                "ok": False,
                "error": type(error).__name__,
                "status": error.status_code,
                "type": error.type,
                "code": error.code,
                "param": error.param,
                "message": error.body["message"] if isinstance(error.body, dict) else None,
                "request_id": error.request_id,
                "retry_after": error.response.headers.get("retry-after"),
            }
    first = answer.results[0]
    return {
        "what": case.what,
        "ok": True,
        "id": answer.id,
        "model": answer.model,
        "request_id": answer._request_id,
        "flagged": [result.flagged for result in answer.results],
        "true": [_true(result) for result in answer.results],
        "minors": [
            first.categories.sexual_minors,
            first.category_scores.sexual_minors,
            first.category_applied_input_types.sexual_minors,
        ],
    }


def _true(result: openai.types.Moderation) -> list[str]:
    """Categories of a result that are true, as they are called on the wire."""
    fields = type(result.categories).model_fields
    return sorted(each.alias or name for name, each in fields.items() if getattr(result.categories, name))
