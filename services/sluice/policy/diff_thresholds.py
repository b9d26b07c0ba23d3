"""Which thresholds differ, as they hold for requests: by stage, age band and tenant, not as the files write them."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import product
from typing import Final, NamedTuple

from sluice.policy.condition import thresholds_asked
from sluice.policy.diff_change import Change, Effect, plain
from sluice.policy.model import Policy, Severity
from sluice.policy.thresholds import BANDS, STAGES

_BANDS: Final = ("UNKNOWN", *BANDS)
_OTHERS: Final = ""
"""Stands for every tenant that no file has a table for."""


class _Cell(NamedTuple):
    tenant: str
    stage: str
    band: str


def threshold_changes(old: Policy, new: Policy) -> Iterator[Change]:
    """Every threshold with another value, once for each pair of old and new value; `where` says for whom."""
    tenants = (_OTHERS, *sorted(old.tenants.keys() | new.tenants.keys()))
    found: dict[tuple[str, float | None, float | None], set[_Cell]] = defaultdict(set)
    for tenant, stage, band in product(tenants, STAGES, _BANDS):
        before, after = old.thresholds_of(band, stage, tenant), new.thresholds_of(band, stage, tenant)
        for name in before.keys() | after.keys():
            if before.get(name) != after.get(name):
                found[name, before.get(name), after.get(name)].add(_Cell(tenant, stage, band))
    for (name, was, now), cells in sorted(found.items(), key=lambda pair: (pair[0][0], sorted(pair[1]))):
        effect = _effect(name, was, now, old, new)
        yield Change(f"threshold {name}", "", _said(was), _said(now), effect, _where(cells, tenants))


def _effect(name: str, was: float | None, now: float | None, old: Policy, new: Policy) -> Effect:
    rules = [
        rule
        for rule in (*old.rules, *new.rules)
        if name in thresholds_asked(rule.when) and rule.action is not Severity.ALLOW
    ]
    # One that is only there in one of them matters to rules that are changes themselves.
    if not rules or was is None or now is None:
        return Effect.NEITHER
    if not all(plain(rule.when) for rule in rules):
        return Effect.UNTOLD
    return Effect.LAXER if now > was else Effect.STRICTER


def _where(cells: Collection[_Cell], tenants: Collection[str]) -> str:
    places = {
        tenant: frozenset((cell.stage, cell.band) for cell in cells if cell.tenant == tenant) for tenant in tenants
    }
    groups: dict[frozenset[tuple[str, str]], list[str]] = defaultdict(list)
    for tenant, found in places.items():
        if found:
            groups[found].append(tenant)
    parts = []
    for found, names in groups.items():
        who = "" if len(names) == len(tenants) else _tenants(names)
        what = _places(found)
        parts.append(f"{who} ({what})" if who and what else who or what)
    return "; ".join(parts)


def _tenants(names: Collection[str]) -> str:
    return ", ".join(f"tenant {name}" if name else "tenants without a table" for name in names)


def _places(found: frozenset[tuple[str, str]]) -> str:
    """Empty for all of them."""
    by_bands: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for stage in STAGES:
        bands = tuple(band for band in _BANDS if (stage, band) in found)
        if bands:
            by_bands[bands].append(stage)
    return "; ".join(filter(None, (_place(stages, bands) for bands, stages in by_bands.items())))


def _place(stages: Collection[str], bands: Collection[str]) -> str:
    words = [] if len(stages) == len(STAGES) else [f"stage {stage}" for stage in stages]
    return " ".join([*words, *([] if len(bands) == len(_BANDS) else [", ".join(bands)])])


def _said(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"
