"""Costs as a file that `costs_file` reads."""

from collections.abc import Mapping

import yaml

from sluice.capacity.costs import Costs, ServiceCosts, TopicCosts
from sluice.capacity.figure import Basis, Figure
from sluice.load.mix import Kind

_WIDTH = 118
_HEAD = """\
# What a request costs, and where each figure is from (docs/capacity.md): `measured` names one of the sources, `code`
# and `assumed` say it in place. `sluice plan --save-costs` writes such a file.
"""
Form = dict[str, object]


def write_costs(costs: Costs) -> str:
    """YAML. Each measurement is told once, under `sources`."""
    sources: dict[str, str] = {}
    services = {name: _service(service, sources) for name, service in costs.services.items()}
    topics = {name: _topic(topic, sources) for name, topic in costs.topics.items()}
    store: Form = {
        name: _by_kind(getattr(costs.store, name), sources)
        for name in ("puts", "gets", "put_bytes", "get_bytes", "originals_put", "originals_got")
    }
    groups: dict[str, Form] = {"store": store}
    for name, figure in costs.other.items():
        group, _, key = name.partition(".")
        groups.setdefault(group, {})[key] = _figure(figure, sources)
    form = {
        "sources": {name: how for how, name in sources.items()},
        "services": services,
        "topics": topics,
        **groups,
    }
    return _HEAD + yaml.safe_dump(form, sort_keys=False, width=_WIDTH)


def _service(service: ServiceCosts, sources: dict[str, str]) -> Form:
    answers = [str(kind) for kind in Kind if kind in service.answers]
    form: Form = {"answers": answers, "grows": str(service.grows), "cpu": _by_kind(service.cpu, sources)}
    named = {
        "idle_cores": service.idle, "memory": service.memory, "at_once": service.at_once,
        "max_batch": service.max_batch, "batch_wait": service.batch_wait, "variation": service.variation,
        "share": service.share, "per_batch": service.per_batch, "tail": service.tail,
        "on_gpu": service.on_gpu, "gpu": service.gpu,
    }  # fmt: skip
    return form | {name: _figure(figure, sources) for name, figure in named.items() if figure is not None}


def _topic(topic: TopicCosts, sources: dict[str, str]) -> Form:
    form: Form = {
        "records": _by_kind(topic.records, sources),
        "bytes": _by_kind(topic.bytes, sources),
        "groups": _figure(topic.groups, sources),
    }
    return form | ({"tailed_by": list(topic.tailed_by)} if topic.tailed_by else {})


def _by_kind(figures: Mapping[Kind, Figure], sources: dict[str, str]) -> Form:
    return {str(kind): _figure(figure, sources) for kind, figure in figures.items()}


def _figure(figure: Figure, sources: dict[str, str]) -> Form:
    form: Form = {"value": int(figure.value) if figure.value == int(figure.value) else figure.value}
    if figure.unit:
        form["unit"] = figure.unit
    how = figure.how
    if figure.basis is Basis.MEASURED:
        how = sources.setdefault(figure.how, f"run{len(sources) + 1}")
    return form | {str(figure.basis): how}
