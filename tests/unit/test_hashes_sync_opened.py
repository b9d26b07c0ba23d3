"""Every exchange that sources.yaml may name is opened."""

import pytest

from sluice.hashes.sync.meta import Meta
from sluice.hashes.sync.ncmec import Ncmec
from sluice.hashes.sync.opened import missing_clients, opened
from sluice.hashes.sync.sources import EXCHANGES, Source
from sluice.hashes.sync.stopncii import StopNcii
from sluice.hashes.sync.tat import Tat

KINDS = {"ncmec": Ncmec, "stopncii": StopNcii, "threatexchange": Meta, "tat": Tat}


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_each(exchange: str) -> None:
    which = {"environment": "NGO", "privacy_group": "5"}
    source = Source("first", exchange, "partner", which)
    assert type(opened(source, dict.fromkeys(EXCHANGES[exchange][1], "x"))) is KINDS[exchange]
    assert missing_clients() == ""
