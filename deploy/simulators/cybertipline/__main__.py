"""python -m deploy.simulators.cybertipline [--port 8090]     plays the CyberTipline Reporting API until stopped

It keeps everything in memory, and of files and documents nothing but digests, sizes and names of elements.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

from deploy.simulators.cybertipline.api import BASE, Api
from deploy.simulators.cybertipline.server import serving, tls_of


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m deploy.simulators.cybertipline", description="The API, played.")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; nothing beyond loopback without reason")
    parser.add_argument("--port", type=int, default=8090, help="0: any free one")
    parser.add_argument("--user", default="simulator")
    parser.add_argument("--password", default="simulator", help="of the simulator: it guards nothing")
    parser.add_argument("--certificate", type=Path, help="PEM; with --key: HTTPS")
    parser.add_argument("--key", type=Path)
    parser.add_argument("--seed", type=int, default=0, help="of faults that have a chance")
    found = parser.parse_args(arguments)
    if (found.certificate is None) != (found.key is None):
        parser.error("--certificate and --key go together")
    tls = tls_of(found.certificate, found.key) if found.certificate else None
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with serving(Api(found.user, found.password, found.seed), tls, found.host, found.port) as server:
        sys.stdout.write(f"http{'s' if tls else ''}://{found.host}:{server.port}{BASE}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
