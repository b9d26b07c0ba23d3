"""The set with which an operator tries a list: what is listed is found again, and the other is not."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sluice.hashes.picture import digests_of
from sluice.hashing import PDQ_MIN_QUALITY, PDQ_THRESHOLD, hamming
from sluice.samples.test_set import Try, listed_test_pictures, tries

LISTED = {one.id: one for one in listed_test_pictures()}
FILES = tries()


@pytest.mark.parametrize("one", FILES, ids=lambda one: one.name)
def test_a_file_is_what_it_says(one: Try, tmp_path: Path) -> None:
    path = tmp_path / one.name
    path.write_bytes(one.data)
    found = digests_of(path)
    assert found.pdq_quality >= PDQ_MIN_QUALITY
    nearest = {name: min(hamming(listed.pdq, variant) for variant in found.pdq) for name, listed in LISTED.items()}
    assert [name for name, distance in nearest.items() if distance <= PDQ_THRESHOLD] == [one.entry][: bool(one.entry)]
    same = [listed.id for listed in LISTED.values() if found.sha256 == listed.sha256 and found.md5 == listed.md5]
    assert same == ([one.entry] if one.exact else [])
    with Image.open(path) as image:
        assert image.format == {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[path.suffix[1:]]


def test_the_set_has_every_entry_some_changed_and_one_that_is_unknown() -> None:
    assert sorted(one.entry for one in FILES if one.exact) == sorted(LISTED)
    assert sum(bool(one.entry) and not one.exact for one in FILES) == 4
    assert [one.name for one in FILES if not one.entry] == ["in-no-list.png"]
    assert len(np.unique([one.name for one in FILES])) == len(FILES)
