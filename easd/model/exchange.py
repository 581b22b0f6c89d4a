"""One request of a device and its answer, as it is kept for people: the protocol of it, without anybody's content."""

from datetime import datetime

from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """`at` is when the answer was ready, `held` the seconds that the request was held before.

    `policy_key` is what the request line said: `yes`, `0` or `none`. `http` is the status line's code, `notes` are the
    words of the log. `request` and `response` are WBXML in which every content is masked (None: there was none, or it
    was none of WBXML, or too large to be kept); their sizes are those of what was sent.
    """

    at: datetime
    command: str
    version: str
    user_agent: str = ""
    policy_key: str = "none"
    http: int = 200
    held: float = 0.0
    notes: tuple[str, ...] = ()
    request: bytes | None = None
    response: bytes | None = None
    request_size: int = 0
    response_size: int = 0
