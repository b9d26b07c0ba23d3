"""The form of an upload: read again as it was meant, whatever the file's name is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.simulators.cybertipline.forms import Form, FormError, read_form
from reporter.tipline.multipart import upload_form


async def sent(name: str, data: bytes) -> Form:
    """A form after its way over the wire."""
    form = upload_form("4000001", name, data)
    body = b"".join([part async for part in form.parts()])
    assert len(body) == form.size
    return read_form(form.content_type, body)


@pytest.mark.parametrize(
    ("name", "arrives"),
    [
        ("picture.png", "picture.png"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ('a"\r\nX-Evil: 1\r\n\r\n.png', "a___X-Evil__1____.png"),
        ("日本.png", "__.png"),
        ("", "file"),
        ("a" * 300 + ".png", "a" * 196 + ".png"),
    ],
)
async def test_names_are_made_harmless(name: str, arrives: str) -> None:
    found = await sent(name, b"bytes")
    assert (found.id, found.name, found.file) == ("4000001", arrives, b"bytes")


@pytest.mark.parametrize("data", [b"", b"\r\n--sluice--\r\n", bytes(range(256)) * 40, b"\n\r\r\n\n"])
async def test_bytes_arrive_as_they_are(data: bytes) -> None:
    assert (await sent("a.png", data)).file == data


def test_a_boundary_is_never_used_twice() -> None:
    assert upload_form("1", "a", b"").content_type != upload_form("1", "a", b"").content_type


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b"id=1"),
        ("multipart/form-data", b"no boundary"),
        ("application/x-www-form-urlencoded", b"\xff"),
    ],
)
def test_other_forms_are_refused(kind: str, body: bytes) -> None:
    with pytest.raises(FormError):
        read_form(kind, body)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_refused(body: bytes) -> None:
    try:
        found: object = read_form("multipart/form-data; boundary=x", body)
    except FormError as error:
        found = str(error)
    assert found
