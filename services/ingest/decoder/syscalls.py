"""Which calls of the kernel a decoder may make: a seccomp filter, which binds root as well (Linux, seccomp(2)).

Two filters: a child may do anything but what it never needs (network, other programs, other processes' memory); a
worker, which parses what a stranger sent, may read, write, use memory and end, and nothing else but make threads,
where its decoder cannot do without. A call that is not allowed fails with EPERM. What is filtered stays filtered.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from sluice.errors import FatalError

_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_KILL_PROCESS = 0x8000_0000
_FAIL = 0x0005_0000 | errno.EPERM
_UNKNOWN = 0x0005_0000 | errno.ENOSYS
_ALLOW = 0x7FFF_0000

_LOAD = 0x20
_EQUAL = 0x15
_AT_LEAST = 0x35
_ANY_BIT = 0x45
_AND = 0x54
_RETURN = 0x06
"""Instructions of the classic BPF machine: load; jump where equal, at least, any bit is set; mask; return."""

_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 32
"""Offsets in `struct seccomp_data`; both architectures are little-endian."""

_X32 = 0x4000_0000
"""Calls from here on are a second table that x86-64 kernels may offer."""

_PROT_EXEC = 4
_THREAD = 0x0001_0100
"""CLONE_THREAD and CLONE_VM: without them, what is made is a process."""
_CLONE3 = 435
"""On both architectures. Its flags lie in memory, where a filter cannot look: the C library then takes clone."""


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture's own numbers. `audit`: its name to the kernel (linux/audit.h)."""

    audit: int
    worker: tuple[int, ...]
    mapping: tuple[int, ...]
    """mmap and mprotect: allowed to a worker except for memory that can be executed."""
    clone: int
    thread: tuple[int, ...]
    """set_robust_list, rseq: what a new thread begins with."""
    never: tuple[int, ...]


# worker: read, write, close, fstat, lseek, munmap, brk, rt_sigaction, rt_sigprocmask, rt_sigreturn, sched_yield,
#         mremap, madvise, getpid, gettid, exit, exit_group, gettimeofday, futex, clock_gettime, getrandom,
#         restart_syscall, sched_getaffinity, getrusage, getcwd (the encoder of JPEG asks for it)
# mapping: mmap, mprotect
# never: socket, connect, accept, sendto, sendmsg, bind, listen, socketpair, execve, ptrace, mount, unshare, accept4,
#        sendmmsg, setns, process_vm_readv, process_vm_writev, bpf, execveat, io_uring_setup
MACHINES = {
    "x86_64": Machine(
        audit=0xC000_003E,
        worker=(
            *(0, 1, 3, 5, 8, 11, 12, 13, 14, 15, 24, 25, 28, 39, 186, 60, 231, 96, 202, 228, 318),
            *(219, 204, 98, 79),
        ),
        mapping=(9, 10),
        clone=56,
        thread=(273, 334),
        never=(41, 42, 43, 44, 46, 49, 50, 53, 59, 101, 165, 272, 288, 307, 308, 310, 311, 321, 322, 425),
    ),
    "aarch64": Machine(
        audit=0xC000_00B7,
        worker=(
            *(63, 64, 57, 80, 62, 215, 214, 134, 135, 139, 124, 216, 233, 172, 178, 93, 94, 169, 98, 113, 278),
            *(128, 123, 165, 17),
        ),
        mapping=(222, 226),
        clone=220,
        thread=(99, 293),
        never=(198, 203, 202, 206, 211, 200, 201, 199, 221, 117, 40, 97, 242, 269, 268, 270, 271, 280, 281, 425),
    ),
}
"""Numbers of the calls, from the kernel's tables (arch/x86/entry/syscalls/syscall_64.tbl, asm-generic/unistd.h)."""


def restrict_child() -> None:
    """For the life of a child and whatever it forks. Needs `no_new_privs`. Raises FatalError."""
    machine = _machine()
    _install([*_head(machine), *_each(machine.never, _FAIL), _return(_ALLOW)])


def restrict_worker(*, threads: bool) -> None:
    """For one picture. `threads`: whether it may make some. Needs `no_new_privs`. Raises FatalError."""
    machine = _machine()
    executable = [
        part
        for number in machine.mapping
        for part in (
            _jump(_EQUAL, number, 0, 4),
            _load(_THIRD_ARGUMENT),
            _jump(_ANY_BIT, _PROT_EXEC, 0, 1),
            _return(_FAIL),
            _return(_ALLOW),
        )
    ]
    calls = [*_each(machine.worker, _ALLOW), *executable]
    if threads:
        calls += [*_each(machine.thread, _ALLOW), *_each([_CLONE3], _UNKNOWN)]
        calls += [
            _jump(_EQUAL, machine.clone, 0, 5),
            _load(_FIRST_ARGUMENT),
            struct.pack("=HBBI", _AND, 0, 0, _THREAD),
            _jump(_EQUAL, _THREAD, 0, 1),
            _return(_ALLOW),
            _return(_FAIL),
        ]
    _install([*_head(machine), *calls, _return(_FAIL)])


def _machine() -> Machine:
    name = platform.machine()
    if name not in MACHINES:
        raise FatalError(f"no list of system calls for {name}: SLUICE_DECODER_SECCOMP=0 does without")
    return MACHINES[name]


def _head(machine: Machine) -> list[bytes]:
    return [
        _load(_ARCHITECTURE),
        _jump(_EQUAL, machine.audit, 1, 0),
        _return(_KILL_PROCESS),
        _load(_NUMBER),
        _jump(_AT_LEAST, _X32, 0, 1),
        _return(_FAIL),
    ]


def _each(numbers: Iterable[int], answer: int) -> list[bytes]:
    return [part for number in numbers for part in (_jump(_EQUAL, number, 0, 1), _return(answer))]


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", _LOAD, 0, 0, offset)


def _jump(kind: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("=HBBI", kind, if_true, if_false, value)


def _return(answer: int) -> bytes:
    return struct.pack("=HBBI", _RETURN, 0, 0, answer)


def _install(program: list[bytes]) -> None:
    code = ctypes.create_string_buffer(b"".join(program))
    # struct sock_fprog: a count, and a pointer on the next boundary of eight bytes.
    head = ctypes.create_string_buffer(struct.pack("=H6xQ", len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    address = ctypes.c_ulong(ctypes.addressof(head))
    if libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), address, 0, 0) != 0:
        why = os.strerror(ctypes.get_errno())
        raise FatalError(f"the kernel takes no seccomp filter ({why}): SLUICE_DECODER_SECCOMP=0 does without")
