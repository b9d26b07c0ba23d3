"""Becomes another program that dies with the process that started it: `child.py PARENT_PID PROGRAM [ARG...]`.

Run as a file, before the program itself, because a request to the kernel to be killed with one's parent must come
from the child and survives exec (prctl(2), PR_SET_PDEATHSIG). Where there is no such call (not Linux) the program
just starts. Imports nothing of ours: it stands between every start and the program.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def become(parent: int, argv: list[str]) -> None:
    """Never returns, unless the parent is gone already or the program cannot be started (OSError)."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != parent:
            return
    os.execvp(argv[0], argv)  # noqa: S606


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
