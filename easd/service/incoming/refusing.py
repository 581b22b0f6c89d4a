"""Why mail is not taken, in the words of SMTP."""

from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reply code (RFC 5321 section 4.2), an enhanced one (RFC 3463), and words without line ends."""

    code: int
    status: str
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.status} {self.text}"


class Refused(Exception):
    """Something that a client asked for is not done."""

    def __init__(self, code: int, status: str, text: str) -> None:
        self.refusal = Refusal(code, status, text)
        super().__init__(str(self.refusal))
