"""easd: an Exchange ActiveSync server."""

__version__ = "0.1.0"
