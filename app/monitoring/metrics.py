"""Figures as text for Prometheus (exposition format 0.0.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = dict[str, str]


@dataclass(frozen=True)
class Metric:
    """One figure, or one for each set of labels. A `counter` only ever grows."""

    name: str
    help: str
    values: Iterable[tuple[Labels, float]]
    kind: str = "gauge"


def single(name: str, help: str, value: float, kind: str = "gauge") -> Metric:
    return Metric(name, help, [({}, value)], kind)


def by_label(name: str, help: str, label: str, values: dict[str, int]) -> Metric:
    return Metric(
        name, help, [({label: key}, number) for key, number in values.items()]
    )


def text(metrics: Iterable[Metric]) -> str:
    """All of them, each with its help and its type."""
    return "".join(
        line + "\n"
        for metric in metrics
        for line in (
            f"# HELP {metric.name} {metric.help}",
            f"# TYPE {metric.name} {metric.kind}",
            *(
                f"{metric.name}{_labels(labels)} {_number(value)}"
                for labels, value in metric.values
            ),
        )
    )


def _labels(labels: Labels) -> str:
    said = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{said}}}" if said else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    if value == inf:
        return "+Inf"
    return str(int(value)) if float(value).is_integer() else repr(float(value))
