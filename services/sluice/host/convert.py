"""Between the contract's messages and what a check sees."""

from collections.abc import Mapping, Sequence

from sluice.check import Digests, Item, Kind, ModelInfo, Person, Picture, Result, Status
from sluice.v1 import contents_pb2, verdict_pb2

_STATUS = {status: verdict_pb2.Status.Value(f"STATUS_{status}") for status in Status}
_PERSON = {person: verdict_pb2.Person.Value(f"PERSON_{person}") for person in Person}


def kind_of(content: contents_pb2.PreparedContent) -> Kind | None:
    """What a prepared content is made of; None where it could not be read."""
    if content.unprocessable:
        return None
    body = content.WhichOneof("body")
    return Kind(body) if body else None


def item_of(
    content: contents_pb2.PreparedContent, rendition: Picture | None = None, tiles: tuple[Picture, ...] = ()
) -> Item:
    """The item that a check is asked about; pictures as the host fetched them."""
    if content.WhichOneof("body") == "text":
        return Item(content.id, Kind.TEXT, text=content.text.text, folded=content.text.folded)
    image = content.image
    digests = Digests(
        md5=image.digests.md5,
        sha1=image.digests.sha1,
        sha256=image.digests.sha256,
        pdq=tuple(image.digests.pdq),
        pdq_quality=image.digests.pdq_quality,
    )
    return Item(
        content.id,
        Kind.IMAGE,
        digests=digests,
        width=image.width,
        height=image.height,
        rendition=rendition,
        tiles=tiles,
    )


def texts_together(contents: Sequence[contents_pb2.PreparedContent]) -> Mapping[str, tuple[str, ...]]:
    """Id of a request's last text -> all its texts in order, for `Item.together`. Empty for fewer than two texts."""
    texts = [content for content in contents if kind_of(content) is Kind.TEXT]
    return {texts[-1].id: tuple(content.text.text for content in texts)} if len(texts) > 1 else {}


def result_message(content_id: str, result: Result) -> verdict_pb2.ContentResult:
    """A check's result as the contract has it."""
    message = verdict_pb2.ContentResult(
        content_id=content_id,
        status=_STATUS[result.status],
        abstained=result.abstained,
        detail=result.detail,
        matches=[
            verdict_pb2.ListMatch(
                list=match.list_name,
                entry=match.entry,
                kind=match.kind,
                method=match.method,
                distance=match.distance,
                test=match.test,
                list_digest=match.list_digest,
                quarantined=match.quarantined,
            )
            for match in result.matches
        ],
    )
    message.scores.update(result.scores)
    message.signals.update(result.signals)
    if result.person is not None:
        message.person = _PERSON[result.person]
    return message


def model_messages(models: Sequence[ModelInfo], results: Sequence[Result]) -> list[verdict_pb2.Model]:
    """The models behind a verdict. `models`: the check's own; where results say which version of one they rest on,
    they count: both where it changed between two contents of a request.
    """
    used = dict.fromkeys(model for result in results for model in result.models)
    names = {model.name for model in used}
    behind = [*(model for model in models if model.name not in names), *used]
    return [verdict_pb2.Model(name=m.name, version=m.version, digest=m.digest) for m in behind]
