"""Write figures as text for Prometheus (exposition format 0.0.4)."""

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
    """Make a metric of one figure."""
    return Metric(name, help, [({}, value)], kind)


def by_label(name: str, help: str, label: str, values: dict[str, int]) -> Metric:
    """Make a metric with a figure for each value of one label."""
    return Metric(
        name, help, [({label: key}, number) for key, number in values.items()]
    )


def text(metrics: Iterable[Metric]) -> str:
    """Write all of them, each with its help and its type."""
    lines = []
    for metric in metrics:
        lines.append(f"# HELP {metric.name} {metric.help}")
        lines.append(f"# TYPE {metric.name} {metric.kind}")
        for labels, value in metric.values:
            lines.append(f"{metric.name}{_labels(labels)} {_number(value)}")
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    pairs = [f'{name}="{_escaped(value)}"' for name, value in labels.items()]
    return f"{{{','.join(pairs)}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    if value == inf:
        return "+Inf"
    if float(value).is_integer():
        return str(int(value))
    return repr(float(value))
