"""`sluice incidents schema --fetch`: NCMEC's own schema, kept in a file once it can be checked by."""

import hashlib
from pathlib import Path
from typing import Final

from reporter.tipline.client import CyberTipline
from reporter.tipline.xsd import read_schema
from reporter.tipline.xsd_model import SchemaError

_NEEDED: Final = frozenset({"report", "fileDetails"})


async def fetch_schema(client: CyberTipline, path: Path) -> str:
    """Writes the server's schema, and returns its SHA-256 in hexadecimal.

    The file is replaced whole, or not at all. Raises TiplineError where it does not come, and SchemaError where it is
    no schema of reports, or holds constructs that are not checked here: then the old file stays.
    """
    data = await client.schema()
    schema = read_schema(data)
    missing = _NEEDED - schema.elements.keys()
    if missing:
        raise SchemaError(f"the schema knows no {' and no '.join(sorted(missing))}")
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)
    return hashlib.sha256(data).hexdigest()
