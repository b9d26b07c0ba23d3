"""What is known of a matched original, beside its bytes: sealed like them."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from sluice.v1.incident_pb2 import Incident, IncidentContent
from sluice.v1.request_pb2 import Role, Stage

MOST_TEXT = 1024
"""Characters of one field. What somebody else wrote may be longer; the rest is left out, never the evidence."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one content of one incident. Digests are hex; times are milliseconds since 1970."""

    incident_id: str
    content_id: str
    sha256: str
    size_bytes: int
    media_type: str = ""
    request_id: str = ""
    account_id: str = ""
    tenant: str = ""
    stage: str = ""
    role: str = ""
    rule: str = ""
    uri: str = ""
    md5: str = ""
    sha1: str = ""
    requested_at_ms: int = 0
    test: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others: preserving twice by the same key is preserving once."""
        return self.incident_id, self.content_id

    def form(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def of_form(cls, form: Any) -> Self:
        """Raises ValueError for another shape."""
        if not isinstance(form, dict) or form.keys() != cls.__dataclass_fields__.keys():
            raise ValueError("other fields")
        kinds = {"size_bytes": int, "requested_at_ms": int, "test": bool}
        if any(type(value) is not kinds.get(name, str) for name, value in form.items()):
            raise ValueError("a field of another kind")
        return cls(**form)


def facts_of(incident: Incident, content: IncidentContent) -> Facts:
    """The facts of one content of an incident that the orchestrator wrote."""
    original = content.original
    return Facts(
        incident_id=_cut(incident.id),
        content_id=_cut(content.content_id),
        sha256=original.sha256.hex(),
        size_bytes=original.size_bytes,
        media_type=_cut(original.media_type),
        request_id=_cut(incident.request_id),
        account_id=_cut(incident.account_id),
        tenant=_cut(incident.tenant),
        stage=Stage.Name(incident.stage) if incident.stage in Stage.values() else str(incident.stage),
        role=Role.Name(content.role) if content.role in Role.values() else str(content.role),
        rule=_cut(incident.rule),
        uri=_cut(original.uri),
        md5=content.md5.hex(),
        sha1=content.sha1.hex(),
        requested_at_ms=incident.requested_at_ms,
        test=incident.test,
    )


def _cut(text: str) -> str:
    return text[:MOST_TEXT]
