"""What Prometheus would read of a process's metrics, for tests."""

from sluice.telemetry.metrics import Metrics


def values(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """Samples of a name that are not 0, by the values of their labels in the order of the labels' names."""
    return {
        tuple(value for label, value in sorted(sample.labels.items()) if label != "service"): sample.value
        for family in metrics.families()
        for sample in family.samples
        if sample.name == name and sample.value
    }


def begun(metrics: Metrics, name: str) -> int:
    """How many sets of labels a name has."""
    return len([sample for family in metrics.families() for sample in family.samples if sample.name == name])
