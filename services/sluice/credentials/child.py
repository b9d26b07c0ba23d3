"""The child of `read_credentials`.

python -m sluice.credentials.child SIZE < (a line of JSON: media_type, trust_anchors, stamp_anchors; then SIZE
bytes of picture)
"""

import json
import sys

from sluice.c2pa_sdk import CredentialError, Sdk
from sluice.c2pa_streams import streams
from sluice.confined import confine
from sluice.credentials.report import Report, report_of
from sluice.provenance import State, judge


def main() -> None:
    """Limits itself, reads, and writes a report."""
    streams()  # the extension is loaded from a file, and none can be opened later
    confine(int(sys.argv[1]))
    head = json.loads(sys.stdin.buffer.readline())
    found = read(sys.stdin.buffer.read(), head["media_type"], head["trust_anchors"], head["stamp_anchors"])
    sys.stdout.write(json.dumps(found.as_json()))


def read(data: bytes, media_type: str, trust_anchors_pem: str, stamp_anchors_pem: str = "") -> Report:
    """The report on a picture, made in this process."""
    try:
        found = Sdk(trust_anchors_pem, stamp_anchors_pem).read(data, media_type)
    except CredentialError as error:
        return Report(State.INVALID, (f"unreadable.{error}",))
    return Report(State.NONE) if found is None else report_of(judge(*found), *found)


if __name__ == "__main__":
    main()
