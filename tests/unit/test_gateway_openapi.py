"""The OpenAPI document: every route says what it may answer, and each example is what its schema says."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.unit.gateway_door import open_door

Json = dict[str, Any]
EVERY = {"401", "403", "429", "500", "503"}
BODY = {"400", "408", "413", "415"}


@pytest.fixture
async def document(tmp_path: Path) -> AsyncIterator[Json]:
    async with open_door(tmp_path) as door:
        yield (await door.client.get("/openapi.json")).json()


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Every operation, by method and path."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def wrong(document: Json, schema: Json, value: object) -> list[str]:
    """What is wrong with a value."""
    whole = {**schema, "components": document["components"]}
    return [str(error) for error in jsonschema_rs.validator_for(whole).iter_errors(value)]


def test_all_of_it_is_below_v1_and_wants_a_key(document: Json) -> None:
    named = dict(operations(document))
    assert "POST /v1/moderations" in named
    for name, operation in named.items():
        assert name.split(" ")[1].startswith("/v1/")
        assert operation["security"] == [{"key": []}]
        assert operation["operationId"]
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_every_answer_that_may_come_is_told_with_its_request_id(document: Json) -> None:
    for name, operation in operations(document):
        assert operation["responses"].keys() >= EVERY, name
        if "requestBody" in operation:
            assert operation["responses"].keys() >= BODY, name
        for answer in operation["responses"].values():
            assert "x-request-id" in answer["headers"]
        for status in ("429", "503"):
            assert "retry-after" in operation["responses"][status]["headers"]


def test_errors_have_one_shape(document: Json) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                (content,) = answer["content"].values()
                assert content["schema"] == {"$ref": "#/components/schemas/Error"}, (name, status)


def test_the_frameworks_own_errors_are_not_in_it(document: Json) -> None:
    assert "422" not in {status for _, each in operations(document) for status in each["responses"]}
    assert not {name for name in document["components"]["schemas"] if "ValidationError" in name}


def test_every_reference_leads_somewhere(document: Json) -> None:
    def references(found: object) -> Iterator[str]:
        if isinstance(found, dict):
            for key, value in found.items():
                if key == "$ref":
                    yield value
                yield from references(value)
        elif isinstance(found, list):
            for each in found:
                yield from references(each)

    for reference in references(document):
        *_, kind, name = reference.split("/")
        assert name in document["components"][kind]


def test_every_example_is_what_its_schema_says(document: Json) -> None:
    seen = 0
    for name, operation in operations(document):
        holders = [*operation["responses"].values(), operation.get("requestBody", {})]
        for content in (each for holder in holders for each in holder.get("content", {}).values()):
            examples = [content["example"]] if "example" in content else []
            examples += [each["value"] for each in content.get("examples", {}).values()]
            for example in examples:
                assert wrong(document, content["schema"], example) == [], name
                seen += 1
    assert seen > 20


async def test_a_real_answer_is_what_the_document_says(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        document = (await door.client.get("/openapi.json")).json()
        answer = (await door.client.post("/v1/moderations", json={"input": ["x", "y"]})).json()
        schema = {"$ref": "#/components/schemas/ModerationResponse"}
        assert wrong(document, schema, answer) == []
        assert wrong(document, schema, {**answer, "more": 1}) != []
