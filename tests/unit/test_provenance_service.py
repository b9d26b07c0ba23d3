"""The service's names are those that others know it by."""

import provenance.service
from provenance.service import ProvenanceService
from sluice.local.entry_points import HTTP_DOORS, service_names


def test_names_agree() -> None:
    service = ProvenanceService()
    assert service.name in service_names()
    assert service.name in HTTP_DOORS
    assert f"sluice-{service.name}" == provenance.service.GROUP
