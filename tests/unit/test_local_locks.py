"""File locks: exclusive, visible, and gone with their holders."""

import subprocess
import sys
from pathlib import Path

from sluice.local.locks import FileLock, is_held


def test_a_lock_is_held_until_it_is_released(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "lock"
    assert not is_held(file)
    lock = FileLock.take(file)
    assert lock is not None
    assert is_held(file)
    assert FileLock.take(file, seconds=0.0) is None
    lock.release()
    assert not is_held(file)


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        lock = FileLock.take(tmp_path / "lock")
        assert lock is not None
        lock.release()
        lock.release()


def test_a_child_that_inherits_the_lock_holds_it_after_its_parent_let_go(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    lock = FileLock.take(file)
    assert lock is not None
    wait = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(wait, stdin=subprocess.PIPE, pass_fds=(lock.fd,)) as child:
        lock.release()
        assert is_held(file)
        child.communicate()
    assert not is_held(file)
