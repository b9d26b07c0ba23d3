"""YAML as the programs of Kubernetes read it."""

from typing import Any

import yaml

Object = dict[str, Any]
"""An object of Kubernetes as YAML has it."""


class _Loader(yaml.CSafeLoader):
    """PyYAML gives a lone `=` a meaning that YAML 1.2 has dropped; the Prometheus operator's definitions have one."""


def _as_it_stands(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> object:
    return loader.construct_scalar(node)


_Loader.add_constructor("tag:yaml.org,2002:value", _as_it_stands)


def documents(text: str) -> list[Object]:
    """The documents of a file that hold something."""
    # A subclass of the safe loader, which makes nothing but plain data.
    return [document for document in yaml.load_all(text, Loader=_Loader) if document]
