"""Schemas that stand alone, and schemas out of CustomResourceDefinitions."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.verify.schemas import alone, of_definition, path_of, write

CRD = {
    "kind": "CustomResourceDefinition",
    "spec": {
        "group": "keda.sh",
        "names": {"kind": "ScaledObject"},
        "versions": [
            {
                "name": "v1alpha1",
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    "max": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}]},
                                    "any": {
                                        "type": "object",
                                        "properties": {},
                                        "x-kubernetes-preserve-unknown-fields": True,
                                    },
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}


@pytest.mark.parametrize(
    ("version", "kind", "path"),
    [
        ("v1", "Service", "v1.34.0/service-v1.json"),
        ("apps/v1", "Deployment", "v1.34.0/deployment-apps-v1.json"),
        ("networking.k8s.io/v1", "NetworkPolicy", "v1.34.0/networkpolicy-networking-v1.json"),
        ("keda.sh/v1alpha1", "ScaledObject", "keda.sh/scaledobject_v1alpha1.json"),
    ],
)
def test_an_object_finds_its_schema(version: str, kind: str, path: str) -> None:
    assert path_of({"apiVersion": version, "kind": kind}) == path


def test_a_schema_takes_along_what_it_reaches_and_no_more() -> None:
    definitions = {
        "a": {"properties": {"b": {"$ref": "/api/_definitions.json#/$defs/b"}}},
        "b": {"properties": {"a": {"$ref": "/api/_definitions.json#/$defs/a"}}},
        "c": {},
    }
    schema = alone({"$id": "x", "properties": {"a": {"$ref": "/api/_definitions.json#/$defs/a"}}}, definitions)
    assert schema == {
        "properties": {"a": {"$ref": "#/$defs/a"}},
        "$defs": {
            "a": {"properties": {"b": {"$ref": "#/$defs/b"}}},
            "b": {"properties": {"a": {"$ref": "#/$defs/a"}}},
        },
    }


def test_a_definition_knows_its_fields_and_no_other() -> None:
    [(name, schema)] = list(of_definition(json.loads(json.dumps(CRD))))
    spec = schema["properties"]["spec"]
    assert name == "keda.sh/scaledobject_v1alpha1.json"
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {"apiVersion", "kind", "metadata", "spec"}
    assert spec["additionalProperties"] is False
    assert "additionalProperties" not in spec["properties"]["any"]
    assert spec["properties"]["max"]["oneOf"] == [{"type": "string"}, {"type": "integer"}]


def test_another_document_has_no_schema() -> None:
    assert list(of_definition({"kind": "Kustomization"})) == []


def test_every_schema_is_a_file_of_its_own(tmp_path: Path) -> None:
    package = tmp_path / "packages/kubernetes_validate/kubernetes-json-schema/v1.34.0-local-strict"
    package.mkdir(parents=True)
    files: dict[str, Any] = {
        "_definitions.json": {"$defs": {"Meta": {"type": "object"}}},
        "service-v1.json": {"properties": {"apiVersion": {}, "metadata": {"$ref": "_definitions.json#/$defs/Meta"}}},
        "part-of-it.json": {"properties": {}},
    }
    for name, content in files.items():
        (package / name).write_text(json.dumps(content), encoding="utf-8")
    crd = tmp_path / "crd.yaml"
    crd.write_text(yaml.safe_dump_all([CRD, None]), encoding="utf-8")
    write(tmp_path / "packages", [crd], tmp_path / "out")
    made = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.json"))
    assert made == ["keda.sh/scaledobject_v1alpha1.json", "v1.34.0/service-v1.json"]
