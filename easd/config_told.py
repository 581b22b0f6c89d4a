"""How a setting is described: what it is for, its unit, and its bounds."""

from msgspec import Meta


def told(description: str, unit: str = "", ge: int | None = None, le: int | None = None) -> Meta:
    """For the annotation of a setting; numbers have both bounds."""
    return Meta(description=description, ge=ge, le=le, extra={"unit": unit})
