"""Pictures of our own for demos and tests, drawn by code: nothing is downloaded and nobody is shown.

`pictures()` are ordinary. `test_bank_pictures()` are the ones that the built-in test bank lists as if they were
known: what EICAR's test file is to a virus scanner. Both are the same on every machine.
"""

from sluice.samples.ordinary import pictures
from sluice.samples.sample import Sample
from sluice.samples.test_bank import test_bank_pictures

__all__ = ["Sample", "pictures", "test_bank_pictures"]
