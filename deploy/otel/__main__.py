"""python -m deploy.otel        writes into collector.yaml which attributes may pass"""

import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from sluice.telemetry.attributes import LABELS, SPAN_ATTRIBUTES

CONFIG: Final = Path(__file__).with_name("collector.yaml")
RESOURCE: Final = frozenset({"service.name", "service.version", "service.instance.id"})
"""Who tells: sluice.telemetry.otlp_client.resource_of."""
ALLOWED: Final[Mapping[str, Collection[str]]] = {
    "redaction/spans": SPAN_ATTRIBUTES | RESOURCE,
    "redaction/metrics": LABELS | {"service"} | RESOURCE,
}
"""By the name of the processor that holds back everything else."""


def with_lists(config: str) -> str:
    """The configuration with the lists as they should be; everything else, comments too, stays. ValueError where a
    processor is not in it."""
    for processor, names in ALLOWED.items():
        keys = "".join(f"      - {name}\n" for name in sorted(names))
        pattern = rf"(\n  {re.escape(processor)}:\n(?:    \S.*\n)*?    allowed_keys:\n)(?:      - .*\n)*"
        config, found = re.subn(pattern, rf"\g<1>{keys}", config)
        if found != 1:
            raise ValueError(f"{processor} is in the configuration {found} times")
    return config


if __name__ == "__main__":
    CONFIG.write_text(with_lists(CONFIG.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{CONFIG}\n")
