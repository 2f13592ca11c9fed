"""How long something took, in words."""

from __future__ import annotations

from datetime import timedelta


def duration(took: timedelta | None) -> str:
    """38 s, 4 min 12 s, 1 h 3 min; 0.4 s below a second."""
    if took is None:
        return ""
    seconds = took.total_seconds()
    if seconds < 1:
        return f"{max(seconds, 0):.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
