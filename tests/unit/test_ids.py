"""Request ids and the partition they live on."""

import pytest

from sluice.ids import murmur2, new_request_id, parse_request_id, partition_for


# Values of the Java client's own test of Utils.murmur2 (as unsigned numbers).
@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"21", 3321034988), (b"foobar", 3504634814), (b"a-little-bit-long-string", 3308985760), (b"", 275646681)],
)
def test_murmur2_is_the_java_clients(data: bytes, expected: int) -> None:
    assert murmur2(data) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0B8F2C8E-3A55-4F0E-9D6F-3C8A3D5F1E11", "0b8f2c8e-3a55-4f0e-9d6f-3c8a3d5f1e11"),
        ("0b8f2c8e3a554f0e9d6f3c8a3d5f1e11", None),
        ("{b8f2c8e-3a55-4f0e-9d6f-3c8a3d5f1e11}", None),
        ("not-a-uuid", None),
        ("", None),
        ("urn:uuid:0b8f2c8e-3a55-4f0e-9d6f-3c8a", None),
    ],
)
def test_only_the_canonical_text_form_is_an_id(text: str, expected: str | None) -> None:
    assert parse_request_id(text) == expected


def test_partitions_are_all_used_and_stable() -> None:
    ids = [new_request_id() for _ in range(400)]
    assert {partition_for(one, 4) for one in ids} == {0, 1, 2, 3}
    assert [partition_for(one, 4) for one in ids] == [partition_for(one, 4) for one in ids]
