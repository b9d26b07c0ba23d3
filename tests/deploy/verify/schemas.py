"""JSON schemas of everything that the chart may make: of Kubernetes out of the package kubernetes-validate, of others
out of their CustomResourceDefinitions."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tests.deploy.tools import KUBERNETES
from tests.deploy.verify.reading import documents

Schema = dict[str, Any]

OF_KUBERNETES: Final = f"v{KUBERNETES.rsplit('.', 1)[0]}.0"
LOCATIONS: Final = (
    OF_KUBERNETES + "/{{.ResourceKind}}{{.KindSuffix}}.json",
    "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json",
)
"""As kubeconform wants to be told where the files lie below the folder that `write` makes."""

_IN_THE_PACKAGE: Final = f"kubernetes_validate/kubernetes-json-schema/{OF_KUBERNETES}-local-strict"
_PREFIX: Final = "#/$defs/"
_BESIDE: Final = frozenset({"gateway.networking.k8s.io"})
"""Groups that are called as Kubernetes' own and are not among its schemas."""


def write(packages: Path, crds: Sequence[Path], out: Path) -> None:
    """Every schema as a file of its own, which refers to no other. `packages`: where kubernetes-validate lies."""
    source = packages / _IN_THE_PACKAGE
    definitions = json.loads((source / "_definitions.json").read_text(encoding="utf-8"))["$defs"]
    (out / OF_KUBERNETES).mkdir(parents=True)
    for path in sorted(source.glob("*-*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        if "apiVersion" in schema.get("properties", {}):
            text = json.dumps(alone(schema, definitions))
            (out / OF_KUBERNETES / path.name).write_text(text, encoding="utf-8")
    for crd in crds:
        for definition in documents(crd.read_text(encoding="utf-8")):
            for name, schema in of_definition(definition):
                (out / name).parent.mkdir(exist_ok=True)
                (out / name).write_text(json.dumps(schema), encoding="utf-8")


def path_of(document: Schema) -> str:
    """Where below that folder the schema of an object lies."""
    group, _, version = document["apiVersion"].rpartition("/")
    kind = document["kind"].lower()
    if group in _BESIDE or ("." in group and not group.endswith(".k8s.io")):
        return f"{group}/{kind}_{version}.json"
    first = f"-{group.split('.')[0]}" if group else ""
    return f"{OF_KUBERNETES}/{kind}{first}-{version}.json"


def alone(schema: Schema, definitions: Schema) -> Schema:
    """The schema with the definitions that it reaches inside itself."""
    reached: Schema = {}
    waiting = [schema]
    while waiting:
        for node in _nodes(waiting.pop()):
            if isinstance(node.get("$ref"), str):
                name = node["$ref"].rpartition("/")[2]
                node["$ref"] = _PREFIX + name
                if name not in reached:
                    reached[name] = json.loads(json.dumps(definitions[name]))
                    waiting.append(reached[name])
    schema.pop("$id", None)
    return {**schema, "$defs": reached} if reached else schema


def of_definition(definition: Schema) -> Iterator[tuple[str, Schema]]:
    """File name and schema of every version of a CustomResourceDefinition; a field that it does not know is wrong.
    Nothing for another document."""
    if definition.get("kind") != "CustomResourceDefinition":
        return
    group, kind = definition["spec"]["group"], definition["spec"]["names"]["kind"].lower()
    for version in definition["spec"]["versions"]:
        schema = version["schema"]["openAPIV3Schema"]
        whole = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
        schema.setdefault("properties", {}).update(whole)
        for node in _nodes(schema):
            _stricter(node)
        yield f"{group}/{kind}_{version['name']}.json", schema


def _stricter(node: Schema) -> None:
    named = isinstance(node.get("properties"), dict) and node.get("type") == "object"
    if named and "additionalProperties" not in node and not node.get("x-kubernetes-preserve-unknown-fields"):
        node["additionalProperties"] = False
    if node.get("x-kubernetes-int-or-string") is True:
        node.pop("type", None)
        node.pop("anyOf", None)
        node["oneOf"] = [{"type": "string"}, {"type": "integer"}]


def _nodes(node: object) -> Iterator[Schema]:
    if isinstance(node, dict):
        yield node
        for inner in list(node.values()):
            yield from _nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _nodes(inner)
