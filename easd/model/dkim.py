"""Keys with which mail is signed for a domain (DKIM, RFC 6376)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DkimAlgorithm(StrEnum):
    """How a key signs (RFC 6376 section 3.3, RFC 8463)."""

    RSA = "rsa-sha256"
    ED25519 = "ed25519-sha256"


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A key of a domain under a selector. `public`: as the DNS record has it (base64); `sealed`: the private key, which
    the vault alone can open.
    """

    domain: str
    selector: str
    algorithm: DkimAlgorithm
    public: str
    sealed: str
    created: datetime

    @property
    def name(self) -> str:
        """Where the DNS has its record."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The text of the TXT record (RFC 6376 section 3.6.1)."""
        kind = "rsa" if self.algorithm is DkimAlgorithm.RSA else "ed25519"
        return f"v=DKIM1; k={kind}; p={self.public}"
