"""Lists in CSV, read with bounds: what every list of ours shares, whatever its columns are."""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

MOST_PROBLEMS = 20
"""A file that is wrong throughout is wrong for one reason: the first lines show it."""

LONGEST_LINE = 1 << 16
"""Bytes. A longer one is not read to its end: the file is none of ours."""

Tell = Callable[[str], None]
"""Takes a problem, as `file:line: what is wrong`."""

_BOM = b"\xef\xbb\xbf"


def rows(file: Path, lines: Iterable[str], tell: Tell) -> Iterator[tuple[int, list[str]]]:
    """Number of its last line, and fields without spaces around them, of every row that is not empty.

    `file`: for messages. What is not CSV ends the rows, and is told.
    """
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, [value.strip() for value in row]
    except csv.Error:
        tell(f"{file}:{reader.line_num}: not CSV")


def text_lines(file: Path, stream: BinaryIO, tell: Tell, read: Callable[[int], None] | None = None) -> Iterator[str]:
    """The lines of a file of any size, with their ends, one at a time. `read`: told the bytes of each.

    What is not UTF-8, or longer than a line should be, ends the lines, and is told.
    """
    number = 0
    while data := stream.readline(LONGEST_LINE + 1):
        number += 1
        if read is not None:
            read(len(data))
        if len(data) > LONGEST_LINE:
            tell(f"{file}:{number}: a line of more than {LONGEST_LINE} bytes")
            return
        try:
            yield (data.removeprefix(_BOM) if number == 1 else data).decode()
        except UnicodeDecodeError:
            tell(f"{file}:{number}: not UTF-8")
            return
