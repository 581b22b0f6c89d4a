"""What is wrong with a request that is well-formed WBXML but not what the tables allow."""

from enum import Enum


class Fault(Enum):
    """The kinds of fault, by the common status code that names each from 14.0 on (MS-ASCMD 2.2.4)."""

    STRUCTURE = 103
    DATE = 104
    COMBINATION = 105
    ID = 106


class Malformed(Exception):
    """A request that the tables do not allow. `path` names the element ("Sync/Collections/Collection/WindowSize")."""

    def __init__(self, reason: str, path: str = "", fault: Fault = Fault.STRUCTURE) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.reason = reason
        self.path = path
        self.fault = fault

    def inside(self, name: str) -> "Malformed":
        """The same fault, seen from the parent element `name`."""
        return Malformed(self.reason, f"{name}/{self.path}" if self.path else name, self.fault)
