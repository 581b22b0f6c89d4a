"""What one ItemOperations answer may carry, and how one operation of it fails."""

from dataclasses import dataclass, field

from easd.eas.status import ItemOperationsStatus, StatusCode
from easd.model.pieces import Pieces


class Refused(Exception):
    """One operation that fails with this status."""

    def __init__(self, status: StatusCode) -> None:
        super().__init__(status.words)
        self.status = status


@dataclass(slots=True)
class Contents:
    """The contents of one answer: how many bytes may still come, and, in a multipart answer, the parts that hold them;
    part 0 is the document (MS-ASCMD R236).
    """

    multipart: bool
    room: int
    parts: list[bytes | Pieces] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def next_part(self) -> int | None:
        """The number of the part that `take` makes next, None in an inline answer."""
        return len(self.parts) + 1 if self.multipart else None

    def take(self, data: bytes | Pieces) -> None:
        """The last step of an operation, so that a failure leaves nothing behind. Refused where it is too much."""
        size = data.size if isinstance(data, Pieces) else len(data)
        if size > self.room:
            raise Refused(ItemOperationsStatus.TOO_LARGE)
        self.room -= size
        if self.multipart:
            self.parts.append(data)
