"""Entropy, for whom a generator's outputs show. Pure."""

import math
from collections.abc import Iterable


def entropy(counts: Iterable[int], classes: int) -> float:
    """Shannon's entropy of the counts over log(classes): 0 for one class only, 1 for `classes` of equal size.

    The form of GPT-4o image card 2.4.4. `classes` is at least 2; of the counts, one to `classes` are above 0.
    """
    seen = [count for count in counts if count]
    total = sum(seen)
    # Written so that one class gives 0.0, not -0.0.
    spread = sum(count / total * math.log(total / count) for count in seen)
    return min(1.0, spread / math.log(classes))
