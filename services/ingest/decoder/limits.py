"""What a decoder process is not allowed to do. Linux: other systems lack some of these calls."""

import ctypes
import resource
import signal

from ingest.decoder.syscalls import restrict_child, restrict_worker

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38


def limit_child(memory_mib: int, *, seccomp: bool) -> None:
    """For the life of a child: an address space, no core dumps, no files written, no way to gain rights; with
    `seccomp` also no network and no other program, for root too.

    Not being dumpable also keeps the workers, which run under the same user, from tracing it. Raises FatalError
    where the kernel refuses the filter.
    """
    _lower(resource.RLIMIT_AS, memory_mib << 20)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)
    if seccomp:
        restrict_child()


def limit_worker(seconds: int, *, seccomp: bool, threads: bool = False) -> None:
    """For one picture: processor seconds, no new file or socket of any kind, no new process, and no life of its own.

    `threads`: for a decoder that cannot do without. The kernel counts threads as processes, so that only `seccomp`
    then keeps it from making those.

    A limit of no open files leaves those that are open, here one pipe. Whoever has CAP_SYS_RESOURCE can raise these
    limits again and is not bound by that of processes at all: with `seccomp` nobody can, and nobody makes one.
    """
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _lower(resource.RLIMIT_CPU, seconds)
    if not threads:
        _lower(resource.RLIMIT_NPROC, 0)
    _lower(resource.RLIMIT_NOFILE, 0)
    if seccomp:
        restrict_worker(threads=threads)


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
