"""Costs: what a thousand images take, and who takes it."""

from typing import Final

from deploy.grafana.dashboard import Dashboard
from deploy.grafana.panels import Kind, Panel, Query, Row, Unit
from deploy.grafana.promql import cores, rate, total

BOARD: Final = Dashboard(
    "costs",
    "costs",
    "From CPU time and the price in deploy/prometheus/costs.rules.yaml. docs/capacity.md says how to plan with it.",
    (
        Row(
            "Per 1,000 images",
            (
                Panel(
                    "Cost",
                    "CPU alone, at the price assumed; memory, disks, traffic, Kafka and idle machines are not in it.",
                    (Query("sluice:cost_per_1000_images"),),
                    Kind.STAT,
                    Unit.MONEY,
                ),
                Panel(
                    "Over time",
                    "No value while no picture comes.",
                    (Query("sluice:cost_per_1000_images", "per 1,000"),),
                    unit=Unit.MONEY,
                ),
                Panel(
                    "Images",
                    "Pictures of requests per second, by stage, each once however many views it has.",
                    (
                        Query(rate("sluice_images_total", "stage"), "{{stage}}"),
                        Query("sluice:images:rate5m", "all, over 5m"),
                    ),
                    unit=Unit.PER_SECOND,
                ),
            ),
        ),
        Row(
            "Who takes it",
            (
                Panel(
                    "CPU",
                    "Cores that each service keeps busy, its children included.",
                    (Query(cores(), "{{service}}"),),
                    unit=Unit.CORES,
                    stacked=True,
                ),
                Panel(
                    "CPU per image",
                    "Core seconds that each service spends for an image, idling included.",
                    (
                        Query(
                            f"({cores()}) / on () group_left () (sluice:images:rate5m > 0)",
                            "{{service}}",
                        ),
                    ),
                    unit=Unit.SECONDS,
                    stacked=True,
                ),
                Panel(
                    "Memory",
                    "Resident, added up over replicas.",
                    (Query(total("process_resident_memory_bytes", "service"), "{{service}}"),),
                    unit=Unit.BYTES,
                    stacked=True,
                ),
            ),
        ),
    ),
)
