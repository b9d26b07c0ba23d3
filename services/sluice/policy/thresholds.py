"""Which threshold holds for a request, by its stage, age band and tenant: worked out when a policy is made."""

import re
from collections.abc import Mapping, Sequence
from itertools import product

BANDS = ("UNDER_13", "TEEN", "ADULT")
"""Age bands that a table can name. A request whose band is not known has no entries of its own."""
MINORS = ("UNDER_13", "TEEN")
STAGES = ("PROMPT", "OUTPUT")
KEYS = frozenset({"default", *BANDS, *STAGES, *(f"{stage}/{band}" for stage, band in product(STAGES, BANDS))})
"""What a table can have values for."""
NAME = re.compile(r"[a-z][a-z0-9/-]*")
"""What a threshold can be called: a category, or a name of the file's own."""

Table = Mapping[str, Mapping[str, float]]
"""Key -> name -> value, as a file says it. Keys are those of `KEYS`."""
ByPlace = Mapping[tuple[str, str], Mapping[str, float]]
"""Age band ("UNKNOWN" too) and stage ("" too) -> name -> value that holds there."""


def order(band: str, stage: str) -> Sequence[tuple[bool, str]]:
    """Where a value is looked for, first hit first: whether in the tenant's table (else the file's), and the key."""
    of_band = [key for key in (f"{stage}/{band}", band) if key in KEYS]
    of_all = [key for key in (stage, "default") if key in KEYS]
    return [(own, key) for keys in (of_band, of_all) for own in (True, False) for key in keys]


def by_place(file: Table, tenant: Table) -> ByPlace:
    """The values that hold for one tenant, in every band and stage. `tenant`: empty for those without a table."""
    places = product(("UNKNOWN", *BANDS), ("", *STAGES))
    return {(band, stage): _held(file, tenant, band, stage) for band, stage in places}


def _held(file: Table, tenant: Table, band: str, stage: str) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for own, key in reversed(order(band, stage)):
        found.update((tenant if own else file).get(key, {}))
    return found
