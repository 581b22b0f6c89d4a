"""Fetching messages and attachments: questions, answers, and messages worth fetching."""

from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

from easd.eas.commands import item_operations
from easd.eas.commands.item_operations import (
    MAILBOX,
    ByteRange,
    Fetch,
    Fetched,
    FetchOptions,
    FileProperties,
    ItemOperationsRequest,
    Operation,
    OperationResult,
)
from easd.eas.multipart import MULTIPART_TYPE, unpack
from easd.eas.request import Command
from easd.model.body import BodyPreference
from easd.wbxml import Element, decode
from tests.support.asking import Told, tell
from tests.support.world import Phone, child, text

PICTURE = bytes(range(256)) * 40
LONG_TEXT = "Grüße aus Köln. " * 500
SIGNED = (
    b"From: Bob <bob@example.test>\r\nTo: alice@example.test\r\nSubject: signed\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nexactly  this \r\n--b\r\nContent-Type: application/pkcs7-signature; "
    b'name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; '
    b'filename="smime.p7s"\r\n\r\nMIIBAAAA\r\n--b--\r\n'
)


def letter(*, html: bool = True, body: str = LONG_TEXT) -> EmailMessage:
    """A message by bob in plain text and HTML."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Bob <bob@example.test>", "alice@example.test", "Köln"
    made.set_content(body)
    if html:
        made.add_alternative(f"<html><body><p>{body}</p></body></html>", subtype="html")
    return made


def with_files() -> EmailMessage:
    """A message with a picture, an empty file, and another message."""
    made = letter(html=False, body="see the files\r\n")
    made.add_attachment(PICTURE, maintype="image", subtype="png", filename="Bild ä.png")
    made.add_attachment(b"", maintype="application", subtype="octet-stream", filename="empty.bin")
    inner = letter(html=False, body="inner words\r\n")
    made.add_attachment(inner)
    return made


def fetch(server_id: str, *preferences: BodyPreference, **options: Any) -> Fetch:
    """A message by its ids."""
    chosen = FetchOptions(body_preferences=preferences, **options)
    return Fetch(MAILBOX, server_id.partition(":")[0], server_id, options=chosen)


def file(reference: str, range_: ByteRange | None = None) -> Fetch:
    """An attachment by its reference."""
    return Fetch(MAILBOX, file_reference=reference, options=FetchOptions(range=range_))


def send(phone: Phone, operations: Sequence[Operation], *, multipart: bool = False) -> Told:
    if phone.policy_key == 0:
        phone.provision()
    return tell(phone, Command.ITEM_OPERATIONS, request(phone, operations), accept_multipart=multipart)


def request(phone: Phone, operations: Sequence[Operation]) -> bytes:
    """The body of a request."""
    return item_operations.REQUEST.encode(ItemOperationsRequest(tuple(operations)), phone.version)


def operate(phone: Phone, *operations: Operation) -> tuple[OperationResult, ...]:
    """What became of the operations; the command itself succeeds (R4153)."""
    return results(phone, send(phone, operations).root)


def results(phone: Phone, root: Element) -> tuple[OperationResult, ...]:
    answer = item_operations.RESPONSE.load(root, phone.version)
    assert answer.status == 1
    assert answer.response is not None
    return answer.response.results


def one(phone: Phone, operation: Fetch) -> Fetched:
    """What became of one Fetch."""
    (result,) = operate(phone, operation)
    assert isinstance(result, Fetched)
    return result


def parts(phone: Phone, *operations: Operation) -> tuple[tuple[OperationResult, ...], list[bytes]]:
    """The multipart answer: what became of the operations, and all parts, the document first."""
    told = send(phone, operations, multipart=True)
    assert told.content_type == MULTIPART_TYPE  # R5505
    held = unpack(told.body)
    return results(phone, decode(held[0])), held


def item(result: OperationResult) -> Element:
    """The properties of a message that was fetched."""
    assert isinstance(result, Fetched)
    assert (result.status, result.class_) == (1, "Email")
    assert isinstance(result.properties, Element)
    return result.properties


def content(result: OperationResult) -> FileProperties:
    """The properties of a file that was fetched."""
    assert isinstance(result, Fetched)
    assert result.status == 1
    assert isinstance(result.properties, FileProperties)
    return result.properties


def data(result: OperationResult) -> bytes:
    """The bytes of a file that came inline."""
    found = content(result).data
    assert isinstance(found, bytes)
    return found


def body(result: OperationResult) -> dict[str, Any]:
    """Body as a dictionary of its children."""
    found = child(item(result), "AirSyncBase:Body")
    assert found is not None
    return {part.name.partition(":")[2]: part.content for part in found.children}


def statuses(found: Sequence[OperationResult]) -> list[int]:
    return [result.status for result in found]


def references(phone: Phone, server_id: str) -> list[str]:
    """The FileReferences of a message's attachments."""
    attachments = child(item(one(phone, fetch(server_id))), "AirSyncBase:Attachments")
    assert attachments is not None
    return [text(attachment, "AirSyncBase:FileReference") for attachment in attachments.children]


def everything(root: Element) -> list[Element]:
    """The element and all that is in it."""
    found, waiting = [], [root]
    while waiting:
        element = waiting.pop()
        found.append(element)
        waiting.extend(element.children)
    return found
