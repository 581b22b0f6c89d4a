"""The shape of a code page table."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CodePage:
    """One WBXML code page: its number, its XML namespace, and the element name of each token (0x05 to 0x3F)."""

    number: int
    namespace: str
    names: Mapping[int, str]
    legacy: Mapping[int, str] = field(default_factory=dict)
