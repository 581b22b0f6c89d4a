"""Building the messages of these tests."""

from datetime import UTC, datetime

from easd.mime.extract import Extracted, extract

NOW = datetime(2024, 5, 17, 8, 30, tzinfo=UTC)


def crlf(text: str) -> bytes:
    """A message written with plain line ends, as it goes over the wire."""
    return text.lstrip("\n").replace("\n", "\r\n").encode("utf-8")


def message(*fields: str, body: str | bytes = "") -> bytes:
    """A message of these header fields and this body."""
    content = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode("utf-8")
    return "".join(f"{field}\r\n" for field in fields).encode("utf-8") + b"\r\n" + content


def multipart(subtype: str, *parts: str, head: tuple[str, ...] = (), boundary: str = "=_b") -> bytes:
    """A message of that multipart type; every part is written with its own header fields and plain line ends."""
    content = "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"
    return message(
        *head, "MIME-Version: 1.0", f'Content-Type: multipart/{subtype}; boundary="{boundary}"', body=content
    )


def read(raw: bytes) -> Extracted:
    """What `extract` finds, received at NOW."""
    return extract(raw, NOW)
