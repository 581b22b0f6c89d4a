"""Faults that are not a collection's own."""

from easd.eas.status import EasError


class RequestRefused(EasError):
    """What one collection asks for is a fault of the whole request, and its status stands in Sync itself."""
