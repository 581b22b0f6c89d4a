"""How much a document from a stranger may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one document; going beyond any of them raises `WbxmlLimitError` before the cost arises.

    `max_depth`: elements open at once, a leaf of one inline string not counted; real requests stay below 12.
    `max_elements`: elements in the document; the runs of a text that comes in several pieces count too.
    `max_bytes`: length of the document in bytes.
    `max_text_bytes`: length of one element's text or opaque data in bytes.
    """

    max_depth: int = 32
    max_elements: int = 20_000
    max_bytes: int = 10 * 1024 * 1024
    max_text_bytes: int = 10 * 1024 * 1024


DEFAULT_LIMITS = Limits()
"""10 MiB is what Exchange accepts of a request by default; 20,000 elements decode in about 20 ms."""
