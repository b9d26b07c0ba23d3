"""The child's end: texts in, answers out, a line of JSON each. Needs nothing but Python, for it runs in other
programs' environments too."""

import json
import os
import sys
from collections.abc import Callable, Sequence

_CHUNK = 1 << 16

Judge = Callable[[Sequence[str]], Sequence[bool]]
"""Texts that have come together -> whether each is anything but allowed."""


def serve(open_judge: Callable[[], tuple[str, Judge]]) -> None:
    """Opens the judge, tells its name and version, and answers until standard input ends.

    What libraries print goes to standard error: standard output is for answers alone.
    """
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        name, judge = open_judge()
        answers.write(json.dumps({"name": name}) + "\n")
        answers.flush()
        rest = b""
        while chunk := os.read(sys.stdin.fileno(), _CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            if lines:
                flagged = judge([json.loads(line)["text"] for line in lines])
                answers.writelines(json.dumps({"flagged": one}) + "\n" for one in flagged)
                answers.flush()
