"""Writes an image's bill of materials: CycloneDX 1.6, JSON, checked against its schema before it is written.

python -m deploy.images.sbom --image sluice-ingest --version 0.1.0 --out ingest.cdx.json ROOT

It needs cyclonedx-python-lib: a tool of the checks (tests/deploy/verify-tools.lock), and no part of the product.
"""

import argparse
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from deploy.images.inventory import Part, inventory


def bill(image: str, version: str, parts: Sequence[Part]) -> str:
    """The bill as text. The same parts give the same bill but for its time. Raises ValueError for one that is not
    what the schema says."""
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_OID, repr((image, version, list(parts)))))
    bom.metadata.component = Component(type=ComponentType.CONTAINER, name=image, version=version, bom_ref=image)
    for part in parts:
        bom.components.add(_component(part))
    bom.register_dependency(bom.metadata.component, bom.components)
    text: str = JsonV1Dot6(bom).output_as_string(indent=1)
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if problem is not None:
        raise ValueError(f"{image}: {problem}")
    return text


def _component(part: Part) -> Component:
    purl = PackageURL.from_string(part.purl) if part.purl else None
    licences = [LicenseFactory().make_from_string(part.licence)] if part.licence else []
    return Component(
        type=ComponentType(part.kind),
        name=part.name,
        version=part.version,
        purl=purl,
        bom_ref=part.purl or f"{part.kind}:{part.name}@{part.version}",
        licenses=licences,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in part.sha256],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the process's exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.images.sbom", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("root", type=Path, help="where the image's file system lies")
    parser.add_argument("--image", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    parts = inventory(given.root)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(bill(given.image, given.version, parts) + "\n")
    sys.stdout.write(f"{len(parts)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
