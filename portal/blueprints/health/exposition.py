"""Figures in Prometheus' text format, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[Mapping[str, str], float]
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


class Exposition:
    """Families of figures, in the order in which they are added."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def gauge(self, name: str, about: str, *samples: Sample) -> None:
        """Something that rises and falls."""
        self._family(name, "gauge", about, [(name, sample) for sample in samples])

    def counter(self, name: str, about: str, samples: Iterable[Sample]) -> None:
        """Something that only rises; the name ends in _total."""
        self._family(name, "counter", about, [(name, sample) for sample in samples])

    def summary(self, name: str, about: str, samples: Iterable[tuple[Mapping[str, str], float, float]]) -> None:
        """How long something took, (labels, sum, count) each."""
        rows = [
            row
            for labels, total, count in samples
            for row in ((f"{name}_sum", (labels, total)), (f"{name}_count", (labels, count)))
        ]
        self._family(name, "summary", about, rows)

    def _family(self, name: str, kind: str, about: str, rows: list[tuple[str, Sample]]) -> None:
        self._lines += [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
        self._lines += [f"{row}{_labels(labels)} {_number(value)}" for row, (labels, value) in rows]

    def __str__(self) -> str:
        return "\n".join([*self._lines, ""])


def _labels(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.3f}"
