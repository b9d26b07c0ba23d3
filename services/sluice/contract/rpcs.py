"""The gRPC services of the contract, and their methods."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

import sluice.v1


def rpc_services() -> Mapping[str, tuple[str, ...]]:
    """Full name of each service -> names of its methods, both in alphabetical order. Imports all of the contract."""
    found: dict[str, tuple[str, ...]] = {}
    for module in iter_modules(sluice.v1.__path__, f"{sluice.v1.__name__}."):
        if module.name.endswith("_pb2"):
            descriptor = import_module(module.name).DESCRIPTOR
            for service in descriptor.services_by_name.values():
                found[service.full_name] = tuple(sorted(method.name for method in service.methods))
    return dict(sorted(found.items()))
