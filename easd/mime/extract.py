"""From the bytes of a message to what lists, searches and the wire need of it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Final

from easd.mime import bodies, tnef
from easd.mime.addresses import address_field
from easd.mime.bodies import Choice, Texts
from easd.mime.charset import decode
from easd.mime.classify import CONTENT_CALENDAR, CONTENT_MESSAGE, NOTE, caller_id, meeting_class, message_class
from easd.mime.content import attachment_name, decoded, identifier, is_embedded_message
from easd.mime.conversation import conversation_id, conversation_index, decode_thread_index, thread_topic
from easd.mime.headers import Headers, message_ids, parse_date
from easd.mime.itip import Invitation, read_invitation
from easd.mime.scan import Node, scan
from easd.mime.transfer import measured, place_of
from easd.mime.uuencoded import File, files
from easd.mime.voice import numbered
from easd.model.email import Attachment, AttachmentMethod, BodyType, Email, EmailTexts, Importance

EXTRACT_VERSION: Final = 8
"""Raised whenever `extract` gives other values for the same bytes: values stored under a lower number are extracted
anew."""

OLD_EXTRACTIONS: Final = range(EXTRACT_VERSION)

MAX_PROBLEMS: Final = 20

_DEFAULT_CODE_PAGE: Final = 65001
_PRIORITY = re.compile(r"^[1-5]")
_IMPORTANCES: Final = {
    "high": Importance.HIGH, "urgent": Importance.HIGH, "highest": Importance.HIGH, "normal": Importance.NORMAL,
    "low": Importance.LOW, "non-urgent": Importance.LOW, "lowest": Importance.LOW,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extracted:
    """A message as values; `problems` says in plain words what in its bytes could not be understood."""

    email: Email
    texts: EmailTexts
    problems: tuple[str, ...]


def extract(raw: bytes, received: datetime) -> Extracted:
    """Read a message. `received` is the aware moment of its delivery. Never raises, whatever the bytes are.

    What cannot be understood is reduced (no subject, the raw text as plain body) and named in `problems`. The work is
    bounded: `scan.MAX_PARTS` parts, `scan.MAX_DEPTH` levels, `headers.MAX_FIELDS` fields of `headers.MAX_VALUE`
    bytes, bodies of `bodies.MAX_BODY` bytes.
    """
    scanned = scan(raw)
    problems, root = scanned.problems, scanned.root
    choice = bodies.choose(root)
    invitation = _invitation(raw, choice, received)
    texts = bodies.read(raw, choice, problems)
    if invitation and not texts.plain and invitation.description:
        texts = _described(texts, invitation.description)
    plain = texts.plain.encode("utf-8")
    html = None if texts.html is None else texts.html.encode("utf-8")
    containers = _containers(raw, choice)
    attachments = _attachments(raw, choice, texts.html, containers)
    email = _email(raw, root, received, texts, attachments, invitation, (len(plain), len(html or b"")))
    rich = any(held.rtf for held in containers.values()) or any(
        n.content_type == bodies.RICH_TEXT for n in choice.plain
    )
    if texts.html is None and rich:
        email = replace(email, native_body_type=BodyType.RTF)  # MS-ASAIRS R239
    return Extracted(email, EmailTexts(plain, html), tuple(dict.fromkeys(problems))[:MAX_PROBLEMS])


def _email(
    raw: bytes,
    root: Node,
    received: datetime,
    texts: Texts,
    attachments: tuple[Attachment, ...],
    invitation: Invitation | None,
    sizes: tuple[int, int],
) -> Email:
    headers = root.headers
    subject = headers.text("subject")
    sent = parse_date(headers.first("date"))
    own_id = next(iter(message_ids(headers.first("message-id"))), "")
    in_reply_to = next(iter(message_ids(headers.first("in-reply-to"))), "")
    references = message_ids(headers.first("references"))
    thread_index = decode_thread_index(headers.first("thread-index"))
    topic = thread_topic(subject, headers.text("thread-topic"))
    found_class = _class(raw, root, invitation)
    chain = (*references, *filter(None, (in_reply_to, own_id)))
    return Email(
        received=received,
        subject=subject,
        from_=address_field(headers, "from"),
        sender=next(iter(address_field(headers, "sender")), None),
        to=address_field(headers, "to"),
        cc=address_field(headers, "cc"),
        bcc=address_field(headers, "bcc"),
        reply_to=address_field(headers, "reply-to"),
        sent=sent,
        message_id=own_id,
        in_reply_to=in_reply_to,
        references=references,
        thread_topic=topic,
        conversation_id=conversation_id(thread_index, chain, topic),
        conversation_index=conversation_index(thread_index, sent or received),
        importance=importance(headers),
        message_class=found_class,
        content_class=CONTENT_CALENDAR if invitation else CONTENT_MESSAGE,
        internet_cpid=texts.code_page or _DEFAULT_CODE_PAGE,
        native_body_type=BodyType.PLAIN if texts.html is None else BodyType.HTML,
        preview=texts.preview,
        plain_size=sizes[0],
        html_size=sizes[1],
        mime_size=len(raw),
        attachments=numbered(attachments, found_class, headers),
        meeting=invitation.meeting if invitation else None,
        um_caller_id=caller_id(found_class, headers),
    )


def _class(raw: bytes, root: Node, invitation: Invitation | None) -> str:
    """A secured message stays one also where its readable content is an invitation: clients need its bytes to check
    it.
    """
    found = message_class(raw, root)
    if invitation is None or found != NOTE:
        return found
    return meeting_class(invitation.meeting.method, invitation.partstat) or NOTE


def _invitation(raw: bytes, choice: Choice, received: datetime) -> Invitation | None:
    """The first calendar part that is a meeting message (a published calendar is none)."""
    for node in choice.calendars:
        text, _ = decode(decoded(raw, node), node.parameters.get("charset") or "utf-8")
        found = read_invitation(text, node.parameters.get("method", ""), received)
        if found and meeting_class(found.meeting.method, found.partstat):
            return found
    choice.attachments += choice.calendars
    return None


def _described(texts: Texts, description: str) -> Texts:
    """An invitation without any text of its own is read by its description."""
    plain = "\r\n".join(description.splitlines())
    return Texts(plain, None, texts.code_page, bodies.fold_preview(plain))


def importance(headers: Headers) -> Importance:
    """MS-ASEMAIL R484-R486 from Importance, X-Priority, X-MSMail-Priority or Priority, the first that says
    something.
    """
    for name in ("importance", "x-priority", "x-msmail-priority", "priority"):
        value = headers.first(name).strip().lower()
        if name == "x-priority" and _PRIORITY.match(value):
            return Importance.HIGH if value[0] in "12" else Importance.LOW if value[0] in "45" else Importance.NORMAL
        if value.split(" ")[0] in _IMPORTANCES:
            return _IMPORTANCES[value.split(" ")[0]]
    return Importance.NORMAL


def _containers(raw: bytes, choice: Choice) -> dict[str, tnef.Stream]:
    """What the parts that are TNEF hold, by their paths; only beside a text, which is shown in place of theirs."""
    nodes = [node for node in choice.attachments if node.content_type in tnef.TYPES] if choice.plain else []
    found = ((node.path, tnef.read(decoded(raw, node))) for node in nodes)
    return {path: held for path, held in found if held is not None}


def _contained(raw: bytes, node: Node, held: tnef.Stream) -> Iterator[Attachment]:
    """The files of a container: to the reader there is none. An OLE object is embedded in the text (MS-ASAIRS R230)."""
    whole, _ = measured(raw, place_of(raw, node))
    prefix = f"{node.path}." if node.path else ""
    for number, file in enumerate(held.files, 1):
        yield Attachment(
            part=f"{prefix}{number}",
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            method=AttachmentMethod.OLE if file.ole else AttachmentMethod.NORMAL,
            content_id=file.content_id,
            inline=file.ole,
            place=replace(whole, offset=file.start),
        )


def _attachments(
    raw: bytes, choice: Choice, html: str | None, containers: Mapping[str, tnef.Stream]
) -> tuple[Attachment, ...]:
    shown = bodies.shown_within(html)
    texts = {node.path: node for node in (*choice.plain, *choice.html)}
    inside = (_uuencoded(raw, file) for node in texts.values() for file in files(raw, node))
    others = (node for node in choice.attachments if node.path not in containers)
    held = ([*_contained(raw, node, containers[node.path])] for node in choice.attachments if node.path in containers)
    return (*_distinct(_attachment(raw, node, shown) for node in others), *chain(*held), *inside)


def _distinct(attachments: Iterable[Attachment]) -> Iterator[Attachment]:
    """Each identifier once: a second one of the same is none."""
    seen: set[str | None] = set()
    for each in attachments:
        yield replace(each, identifier=None) if each.identifier in seen else each
        seen.add(each.identifier)


def _uuencoded(raw: bytes, file: File) -> Attachment:
    """A file that stands in a text is an attachment like any other."""
    place, size = measured(raw, file.place)
    return Attachment(file.path, file.name, file.content_type, size, place=place)


def _attachment(raw: bytes, node: Node, shown: frozenset[str]) -> Attachment:
    """`shown`: the Content-IDs that the body refers to. What is inline without being referred to would be hidden; it is
    so where a device has said so itself (MS-ASAIRS R1382).
    """
    own = identifier(node)
    embedded = is_embedded_message(node)
    content_id = node.headers.first("content-id").strip("<> ") or None
    place, size = measured(raw, place_of(raw, node))
    return Attachment(
        part=node.path,
        name=attachment_name(raw, node),
        content_type=node.content_type,
        size=size,
        method=AttachmentMethod.EMBEDDED_MESSAGE if embedded else AttachmentMethod.NORMAL,
        content_id=content_id,
        content_location=node.headers.first("content-location") or None,
        inline=(content_id or "").lower() in shown or (own is not None and node.disposition == "inline"),
        place=place,
        identifier=own,
    )
