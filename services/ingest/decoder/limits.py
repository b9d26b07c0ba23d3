"""What a decoder process is not allowed to do. Linux: other systems lack some of these calls."""

import ctypes
import resource
import signal

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38


def limit_child(memory_mib: int) -> None:
    """For the life of a child: an address space, no core dumps, no files written, no way to gain rights.

    Not being dumpable also keeps the workers, which run under the same user, from tracing it.
    """
    _lower(resource.RLIMIT_AS, memory_mib << 20)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)


def limit_worker(seconds: int) -> None:
    """For one picture: processor seconds, no new file or socket of any kind, no new process, and no life of its own.

    A limit of no open files leaves those that are open, here one pipe. It binds nobody with CAP_SYS_RESOURCE: run
    ingest as an ordinary user.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _lower(resource.RLIMIT_CPU, seconds)
    _lower(resource.RLIMIT_NPROC, 0)
    _lower(resource.RLIMIT_NOFILE, 0)


def _lower(which: int, value: int) -> None:
    """Sets a limit for good, or leaves a lower one that the process was born with."""
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _prctl(option: int, value: int) -> None:
    """One setting of the calling process (Linux, prctl(2)). Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
