"""One answer of Sync in the making."""

from dataclasses import field

from easd.model.frozen import dataclass
from easd.service.ports import Reading


@dataclass(slots=True)
class Reply:
    """What room is left in an answer, for commands and for bytes of content, and what the log is to say of it.

    `queued`: mail was put into the submission queue. `minted`: the generations (`Opening.minted`) of collections, by
    their ids, that were looked at and had nothing to say. `marks`: the counters of mailboxes when they were first
    looked into.
    """

    commands: int
    octets: int
    notes: list[str] = field(default_factory=list)
    queued: bool = False
    minted: dict[str, tuple[int, int]] = field(default_factory=dict)
    marks: dict[int, int] = field(default_factory=dict)

    def seen(self, box: Reading) -> None:
        """A mailbox is looked into, before anything is written."""
        self.marks.setdefault(box.mailbox_id, box.modseq)

    @property
    def full(self) -> bool:
        """Whether the collections that are still to come have to wait for the next request (MS-ASCMD R4782)."""
        return self.commands <= 0 or self.octets <= 0
