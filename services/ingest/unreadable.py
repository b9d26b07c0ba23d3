"""How one content ends that cannot be read."""

from sluice.v1.contents_pb2 import Unprocessable


class UnreadableContentError(Exception):
    """Raised while a content is read. `reason`: the contract's word; `detail`: figures and names, never content."""

    def __init__(self, reason: Unprocessable.ValueType, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
