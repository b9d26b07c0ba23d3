"""Forms as clients send them: `id`, and perhaps a file, as multipart or urlencoded."""

from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qs


class FormError(Exception):
    """A form that cannot be read."""


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """Its fields. `file` is None where there is none."""

    id: str
    name: str = ""
    file: bytes | None = None


def read_form(content_type: str, body: bytes) -> Form:
    """Raises FormError."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _urlencoded(body)
    if kind != "multipart/form-data":
        raise FormError("neither urlencoded nor multipart")
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = message.get_payload()
    if not message.is_multipart() or not isinstance(parts, list):
        raise FormError("no parts")
    id_, name, file = "", "", None
    for part in parts:
        if not isinstance(part, Message):
            continue
        data = part.get_payload(decode=True)
        content = data if isinstance(data, bytes) else b""
        field = str(part.get_param("name", "", "content-disposition"))
        if field == "id":
            id_ = content.decode("ascii", "replace").strip()
        elif field == "file":
            name, file = part.get_filename() or "", content
    return Form(id_, name, file)


def _urlencoded(body: bytes) -> Form:
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=10)
    except (UnicodeDecodeError, ValueError):
        raise FormError("no fields") from None
    return Form(next(iter(fields.get("id", [])), ""))
