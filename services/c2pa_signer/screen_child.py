"""The child of `screen`: reads a picture from standard input and writes what its credentials are worth.

python -m c2pa_signer.screen_child image/jpeg SIZE < picture
"""

import json
import resource
import sys
import time

from sluice.c2pa_streams import streams
from sluice.confined import confine
from sluice.provenance import verify


def main() -> None:
    """Limits itself, says that it is ready, then reads."""
    media_type, size = sys.argv[1:]
    streams()  # the extension is loaded from a file, and none can be opened later
    confine(int(size))
    data = sys.stdin.buffer.read()
    memory, seconds = _memory(), time.process_time()
    found = verify(data, media_type, "")
    form = {
        "state": found.state,
        "failures": found.failures,
        "cpu_seconds": time.process_time() - seconds,
        "memory": _memory() - memory,
    }
    sys.stdout.write(json.dumps(form))


def _memory() -> int:
    """The most that this process has used so far, in bytes (Linux counts KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


if __name__ == "__main__":
    main()
