"""Percentiles of measured times."""

from collections.abc import Sequence


def percentile(seconds: Sequence[float], share: int) -> float:
    """The value that `share` percent of the others do not exceed (nearest rank). ValueError for no values."""
    if not seconds:
        raise ValueError("no times were measured")
    ranked = sorted(seconds)
    return ranked[max(0, -(-len(ranked) * share // 100) - 1)]


def milliseconds(seconds: Sequence[float], share: int) -> float:
    """The same in milliseconds."""
    return percentile(seconds, share) * 1000
