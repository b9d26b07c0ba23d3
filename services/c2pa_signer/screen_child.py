"""The child of `screen`: reads a picture from standard input and writes the state of its credentials.

python -m c2pa_signer.screen_child image/jpeg < picture
"""

import resource
import sys

from c2pa_signer.screen import READY
from sluice.provenance import verify

MEMORY = 1 << 30
"""Bytes of address space; Python and the library take about a third of it."""
CPU_SECONDS = 5


def main() -> None:
    """Limits itself, says that it is ready, then reads."""
    limit()
    out = sys.stdout.buffer
    out.write(READY)
    out.flush()
    out.write(verify(sys.stdin.buffer.read(), sys.argv[1], "").state.encode())


def limit() -> None:
    """From here on this process has little memory and time, and writes no file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    for nothing in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(nothing, (0, 0))


if __name__ == "__main__":
    main()
