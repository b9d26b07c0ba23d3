"""The schema that documents are held against before they are sent: NCMEC's, where it was fetched, else our own."""

from importlib.resources import files
from pathlib import Path

from reporter.tipline.xml_read import XmlError, read_xml
from reporter.tipline.xsd import read_schema
from reporter.tipline.xsd_check import check
from reporter.tipline.xsd_model import Schema, SchemaError
from sluice.errors import NotReadyError

_MEND = "fetch it again with `sluice incidents schema --fetch`"


def own_schema() -> bytes:
    """The schema that we wrote from the documented elements. It is not NCMEC's."""
    return files("reporter.tipline").joinpath("report.xsd").read_bytes()


def load_schema(path: Path | None = None) -> Schema:
    """That of a file; without one, our own. Raises NotReadyError where the file cannot be read or checked by."""
    if path is None:
        return read_schema(own_schema())
    try:
        return read_schema(path.read_bytes())
    except OSError as error:
        raise NotReadyError(f"the schema {path} cannot be read ({error.strerror}): {_MEND}") from error
    except SchemaError as error:
        raise NotReadyError(
            f"the schema {path} cannot be used ({error}): {_MEND}, or unset SLUICE_TIPLINE_SCHEMA"
        ) from error


def problems_of(schema: Schema, data: bytes, name: str) -> list[str]:
    """What is wrong with a document whose root should be called `name`, in names and never in values."""
    try:
        root = read_xml(data)
    except XmlError as error:
        return [f"/: {error}"]
    if root.tag != name:
        return [f"/: is no {name}"]
    return list(check(schema, root))
