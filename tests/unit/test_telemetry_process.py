"""What a process and its children use, from a /proc of the test's own and from the real one."""

import subprocess
import sys
from pathlib import Path

from sluice.telemetry.metrics import Metrics
from sluice.telemetry.process import ProcessNumbers

TICKS = 100


def values(numbers: ProcessNumbers) -> dict[str, float]:
    """Samples by name; each has the service and no other label."""
    metrics = Metrics("test")
    metrics.add(numbers)
    samples = [sample for family in metrics.families() for sample in family.samples]
    assert all(sample.labels == {"service": "ingest"} for sample in samples)
    return {sample.name: sample.value for sample in samples}


class Proc:
    """A folder like /proc."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "stat").write_text("cpu 1 2 3\nbtime 1000\n")

    def process(self, pid: str, children: str, times: tuple[int, int, int, int]) -> None:
        """`children`: process ids of a thread. `times`: utime, stime, cutime, cstime in ticks."""
        folder = self.root / pid
        (folder / "task" / pid).mkdir(parents=True, exist_ok=True)
        (folder / "task" / pid / "children").write_text(children)
        words = ["S", *["0"] * 10, *map(str, times), *["0"] * 10]
        (folder / "stat").write_text(f"1 (a name) with) brackets) {' '.join(words)}\n")


def test_children_count_with_their_children_and_with_those_that_have_ended(tmp_path: Path) -> None:
    proc = Proc(tmp_path)
    proc.process("self", "7 8 9", (100, 50, 10, 5))
    proc.process("7", "11", (20, 10, 4, 2))
    proc.process("8", "", (1, 1, 0, 0))
    proc.process("11", "", (200, 0, 0, 0))
    found = values(ProcessNumbers("ingest", tmp_path))
    assert found["process_cpu_seconds_total"] == 1.5
    # 9 has ended meanwhile.
    assert found["sluice_children_cpu_seconds_total"] == (15 + 36 + 2 + 200) / TICKS


def test_what_children_used_never_falls(tmp_path: Path) -> None:
    proc = Proc(tmp_path)
    proc.process("self", "7", (100, 50, 0, 0))
    proc.process("7", "", (300, 0, 0, 0))
    numbers = ProcessNumbers("ingest", tmp_path)
    assert values(numbers)["sluice_children_cpu_seconds_total"] == 3.0
    proc.process("self", "", (100, 50, 0, 0))
    assert values(numbers)["sluice_children_cpu_seconds_total"] == 3.0
    proc.process("self", "", (100, 50, 310, 0))
    assert values(numbers)["sluice_children_cpu_seconds_total"] == 3.1


def test_where_there_is_no_proc_nothing_is_said(tmp_path: Path) -> None:
    assert values(ProcessNumbers("ingest", tmp_path / "none")) == {}


def test_this_process_and_a_child_that_worked() -> None:
    numbers = ProcessNumbers("ingest")
    before = values(numbers)
    work = "import time\nwhile time.process_time() < 0.15: pass"
    subprocess.run([sys.executable, "-c", work], check=True)
    after = values(numbers)
    assert after["sluice_children_cpu_seconds_total"] - before["sluice_children_cpu_seconds_total"] >= 0.1
    assert after["process_resident_memory_bytes"] > 1 << 20
    assert after["process_open_fds"] >= 3
