"""Rendered objects against their schemas: by a reader of JSON schemas in Python, and by kubeconform."""

import functools
import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.deploy import module_files, programs
from tests.deploy.cluster.command import must
from tests.deploy.tools import PYTHON_LOCK
from tests.deploy.verify import schemas
from tests.deploy.verify.reading import Object
from tests.deploy.verify.report import WrongError

OWN_CRDS: Final = Path(__file__).parents[1] / "cluster/crds"


def crds(env: Mapping[str, str] = os.environ) -> list[Path]:
    """The files with the CustomResourceDefinitions: of four projects, and those that we wrote ourselves."""
    folders = [module_files.folder(files, env) for files in module_files.CRDS]
    return sorted(path for folder in (*folders, OWN_CRDS) for path in folder.glob("*.yaml"))


def schema_folder(packages: Path, env: Mapping[str, str] = os.environ) -> Path:
    """The schemas, made once. `packages`: tools.python_tools."""
    definitions = crds(env)
    how = " ".join(files.what for files in module_files.CRDS)
    sources = [PYTHON_LOCK, Path(schemas.__file__), *sorted(OWN_CRDS.glob("*.yaml"))]
    return programs.built("schemas", sources, lambda _, made: schemas.write(packages, definitions, made), env, how)


class Reader:
    """Of JSON schemas. `packages`: where the package jsonschema lies; it is imported from there."""

    def __init__(self, packages: Path) -> None:
        if str(packages) not in sys.path:
            sys.path.append(str(packages))
        self._jsonschema: Any = importlib.import_module("jsonschema")

    def check(self, schema: Mapping[str, Any], document: object) -> list[str]:
        """What is wrong with the document, with the place of it. The alternatives of an `anyOf` are told apart."""
        validator = self._jsonschema.validators.validator_for(schema)(schema)
        best = self._jsonschema.exceptions.best_match
        errors = [(error, best([error])) for error in validator.iter_errors(document)]
        return [f"{'/'.join(map(str, worst.absolute_path))}: {worst.message[:200]}" for _, worst in errors]


def by_schema(reader: Reader, folder: Path, documents: Sequence[Object]) -> list[str]:
    """How many objects of which kind there are. WrongError where one is not as its schema says, or has none."""
    wrong: list[str] = []
    kinds: dict[str, int] = {}
    for document in documents:
        name = f"{document['kind']}/{document['metadata']['name']}"
        path = folder / schemas.path_of(document)
        if not path.is_file():
            wrong.append(f"{name}: no schema knows {document['apiVersion']} {document['kind']}")
            continue
        wrong += [f"{name}: {words}" for words in reader.check(_schema(path), document)]
        kinds[document["kind"]] = kinds.get(document["kind"], 0) + 1
    if wrong:
        raise WrongError("\n".join(wrong))
    return [", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))]


def by_kubeconform(program: Path, folder: Path, text: str) -> list[str]:
    """Its summary. CommandError where it finds something, or has no schema for an object."""
    where = [part for name in schemas.LOCATIONS for part in ("-schema-location", f"{folder}/{name}")]
    return must([program, "-strict", "-summary", *where, "-"], stdin=text).out.strip().splitlines()


@functools.cache
def _schema(path: Path) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema
