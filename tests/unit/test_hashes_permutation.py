"""The bits of a hash in another order."""

import numpy as np

from sluice.hashes.permutation import permutation, permuted, restored
from sluice.hashing import hamming
from tests.unit.hash_files import array, random_hashes


def test_each_bit_has_one_place_and_few_stay_where_they_were() -> None:
    order = permutation()
    assert sorted(order.tolist()) == list(range(256))
    assert np.count_nonzero(order == np.arange(256)) < 8


def test_bits_go_where_the_permutation_says() -> None:
    order = permutation()
    one = array(random_hashes(1))
    bits = np.unpackbits(one)
    assert np.unpackbits(permuted(one, order)).tolist() == [int(bits[from_]) for from_ in order]


def test_distances_stay_and_hashes_come_back() -> None:
    one, other = random_hashes(2)
    changed = permuted(array([one, other]), permutation())
    assert hamming(changed[0].tobytes(), changed[1].tobytes()) == hamming(one, other)
    assert restored(changed, permutation()).tobytes() == one + other
