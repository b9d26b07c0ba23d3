"""What an image holds, read from a file system made for the test."""

from pathlib import Path

import yaml

from deploy.images.inventory import Part, inventory

STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u10

Package: perl-base
Status: deinstall ok config-files
Architecture: amd64
Version: 5.36.0-7
"""
CRATES = f"""\
[[package]]
name = "memchr"
version = "2.8.3"
checksum = "{"aa" * 32}"

[[package]]
name = "sluice-native"
version = "0.1.0"
"""


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def image(root: Path) -> Path:
    site = "opt/sluice/env/lib/python3.11/site-packages"
    write(root, "etc/os-release", 'PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="12"\n')
    write(root, "var/lib/dpkg/status", STATUS)
    write(root, "opt/sluice/env/pyvenv.cfg", "home = /usr/local/bin\nversion = 3.11.14\n")
    write(root, "opt/sluice/env/share/sluice/Cargo.lock", CRATES)
    write(root, f"{site}/PyYAML-6.0.3.dist-info/METADATA", "Name: PyYAML\nVersion: 6.0.3\nLicense-Expression: MIT\n")
    write(root, f"{site}/sluice-0.1.0.dist-info/METADATA", "Name: sluice\nVersion: 0.1.0\nLicense: UNKNOWN\n")
    return root


def card(root: Path, name: str) -> None:
    text = {"name": name, "version": 1, "licence": "MIT", "files": [{"name": "model.onnx", "sha256": "ab" * 32}]}
    write(root, f"opt/sluice/models/{name}/card.yaml", yaml.safe_dump(text))


def test_each_kind_is_named_as_tools_know_it(tmp_path: Path) -> None:
    assert inventory(image(tmp_path)) == [
        Part("library", "sluice", "0.1.0"),
        Part("library", "memchr", "2.8.3", "pkg:cargo/memchr@2.8.3", sha256=("aa" * 32,)),
        Part(
            "library",
            "libc6",
            "2.36-9+deb12u10",
            "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12",
        ),
        Part("library", "pyyaml", "6.0.3", "pkg:pypi/pyyaml@6.0.3", "MIT"),
    ]


def test_a_python_beside_debians_packages_is_named_too(tmp_path: Path) -> None:
    write(image(tmp_path), "usr/local/bin/python3.11", "")
    found = {part.name: part.purl for part in inventory(tmp_path)}
    assert found["cpython"] == "pkg:generic/cpython@3.11.14"


def test_a_model_counts_where_it_is_whole(tmp_path: Path) -> None:
    card(image(tmp_path), "pulled")
    card(tmp_path, "card-alone")
    write(tmp_path, "opt/sluice/models/pulled/1/model.onnx", "weights")
    models = [part for part in inventory(tmp_path) if part.kind == "machine-learning-model"]
    assert models == [Part("machine-learning-model", "pulled", "1", "", "MIT", ("ab" * 32,))]


def test_a_licence_is_a_line_and_never_a_whole_text(tmp_path: Path) -> None:
    site = image(tmp_path) / "opt/sluice/env/lib/python3.11/site-packages"
    for name, fields in {
        "a": "Classifier: License :: OSI Approved :: MIT License\nLicense: whatever\n",
        "b": "License: Apache-2.0\n",
        "c": "License: Permission is hereby granted,\n        free of charge\n",
        "d": "Classifier: License :: OSI Approved\nLicense: BSD\n",
    }.items():
        write(site, f"{name}-1.dist-info/METADATA", f"Name: {name}\nVersion: 1\n{fields}")
    said = {part.name: part.licence for part in inventory(tmp_path) if part.purl.startswith("pkg:pypi/")}
    assert said == {"a": "MIT License", "b": "Apache-2.0", "c": "", "d": "BSD", "pyyaml": "MIT"}
