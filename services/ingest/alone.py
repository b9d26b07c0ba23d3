"""Texts as ingest reads them, for a program that judges without a stack (entry point `open-texts`)."""

import hashlib
from collections.abc import Callable

from ingest.settings import read_ingest_settings
from ingest.texts import read_text
from ingest.unreadable import UnreadableContentError
from sluice.settings import Reader, Settings
from sluice.v1.contents_pb2 import PreparedContent
from sluice.v1.request_pb2 import Role


def open_texts(settings: Settings, reader: Reader) -> Callable[[str, Role.ValueType, str], PreparedContent]:
    """What makes a content of a text, its role and an id: prepared, or marked as unprocessable with the reason.

    The bounds are those of the service's environment. The caller calls `reader.finish()`.
    """
    limit = read_ingest_settings(reader, settings).max_text_bytes

    def prepare(text: str, role: Role.ValueType, content_id: str) -> PreparedContent:
        data = text.encode("utf-8", "surrogatepass")
        content = PreparedContent(id=content_id, role=role, sha256=hashlib.sha256(data).digest())
        try:
            content.text.CopyFrom(read_text(data, limit))
        except UnreadableContentError as error:
            content.unprocessable = error.reason
            content.detail = error.detail
        return content

    return prepare
