"""Frozen dataclasses that cost no more than others: `from easd.model.frozen import dataclass`.

The standard library freezes a class by a check at each assignment, which makes its values three times as slow to make.
Here the type checker alone sees to it that nobody assigns to a field; what a request makes by the dozen is made so.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - this name is what the module is for
else:

    def dataclass(*, frozen: bool = False, slots: bool, **options: Any) -> Any:
        """The decorator of the standard library, with values that compare and hash as frozen ones do."""
        return dataclasses.dataclass(slots=slots, unsafe_hash=frozen, **options)
