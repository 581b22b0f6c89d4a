"""What is asked of the DNS."""

from collections.abc import Callable, Sequence

from easd.model.domain import RecordType

Lookup = Callable[[str, RecordType], Sequence[str]]
"""The values of a name's records of one type, as a zone file has them, without quotes; none where there are none.
LookupFailed where the DNS did not answer.
"""


class LookupFailed(Exception):
    """The DNS did not answer: nothing is known."""
