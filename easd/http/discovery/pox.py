"""Autodiscover as plain XML (MS-ASCMD Autodiscover; MS-OXDSCLI): requests to values, answers to bytes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lxml import etree

from easd.http.discovery.place import MailServer

MOBILE: Final = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
OUTLOOK: Final = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
_OUTER: Final = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
_LONGEST: Final = 512

INVALID_REQUEST, NO_PROVIDER = 600, 601
"""MS-ASCMD ErrorCode R2287, R2288."""
NO_SUCH_ADDRESS, BAD_ADDRESS = 500, 501
"""MS-OXDSCLI ErrorCode: what Outlook is told of an address."""


class InvalidRequest(ValueError):
    """A request that is not one; the text says why, without repeating any of it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: the address, and the schema of the answer."""

    address: str
    schema: str


@dataclass(frozen=True, slots=True)
class Found:
    """Whose account it is, and where it is served."""

    display_name: str
    address: str
    eas_url: str
    imap: MailServer | None = None
    smtp: MailServer | None = None


def parse(body: bytes) -> Asked:
    """The only Request of the document. InvalidRequest for all else, a document with a DOCTYPE among it: it may name
    files, addresses or entities that grow.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise InvalidRequest("the document has a DOCTYPE")
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise InvalidRequest("the document is not XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise InvalidRequest("the document has a DOCTYPE")
    requests = _named(root, "Request") if _name(root) == "Autodiscover" else []
    if len(requests) != 1:
        raise InvalidRequest(f"the document has {len(requests)} requests, not one")  # MS-ASCMD R3799
    return Asked(_text(requests[0], "EMailAddress"), _text(requests[0], "AcceptableResponseSchema"))


def _name(element: etree._Element) -> str:
    """Clients are not of one mind about namespaces."""
    return etree.QName(element).localname


def _named(parent: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in parent if _name(child) == name]


def _text(request: etree._Element, name: str) -> str:
    found = _named(request, name)
    text = (found[0].text or "").strip() if len(found) == 1 else ""
    if not text or len(text) > _LONGEST:
        raise InvalidRequest(f"{name} is not there once, or is too long")  # R708, R1582
    return text


# ---------------------------------------------------------------- answers of MobileSync


def mobile_found(found: Found) -> bytes:
    """MS-ASCMD Autodiscover: the URL of the EAS endpoint, with the user's primary address (R2228, R3484)."""
    root, response = _mobile(found.address, found.display_name)
    server = _add(_add(_add(response, "Action"), "Settings"), "Server")
    _add(server, "Type", "MobileSync")
    _add(server, "Url", found.eas_url)
    _add(server, "Name", found.eas_url)
    return _bytes(root)


def mobile_redirect(address: str, target: str) -> bytes:
    """Ask again for that address (MS-ASCMD Redirect R3772)."""
    root, response = _mobile(address, "")
    _add(_add(response, "Action"), "Redirect", target)
    return _bytes(root)


def mobile_error(address: str, message: str) -> bytes:
    """The address leads nowhere: Status 2 (MS-ASCMD R3998, R4002)."""
    root, response = _mobile(address, "")
    error = _add(_add(response, "Action"), "Error")
    _add(error, "Status", "2")
    _add(error, "Message", message)
    _add(error, "DebugData", "EMailAddress")
    return _bytes(root)


def _mobile(address: str, display_name: str) -> tuple[etree._Element, etree._Element]:
    root, response = _document(MOBILE)
    _add(response, "Culture", "en:us")  # R2124
    user = _add(response, "User")
    if display_name:
        _add(user, "DisplayName", display_name)
    _add(user, "EMailAddress", address)
    return root, response


# ---------------------------------------------------------------- answers for Outlook


def outlook_found(found: Found) -> bytes:
    """The mail servers (MS-OXDSCLI 2.2.4): Outlook speaks EAS where MobileSync is asked for."""
    root, account = _outlook(found.display_name, found.address, "settings")
    for kind, server in (("IMAP", found.imap), ("SMTP", found.smtp)):
        if server is not None:
            _protocol(account, kind, server, found.address)
    return _bytes(root)


def outlook_redirect(target: str) -> bytes:
    """Ask again for that address."""
    root, account = _outlook("", target, "redirectAddr")
    _add(account, "RedirectAddr", target)
    return _bytes(root)


def _outlook(display_name: str, address: str, action: str) -> tuple[etree._Element, etree._Element]:
    root, response = _document(OUTLOOK)
    user = _add(response, "User")
    _add(user, "DisplayName", display_name or address)
    _add(user, "AutoDiscoverSMTPAddress", address)
    account = _add(response, "Account")
    _add(account, "AccountType", "email")
    _add(account, "Action", action)
    return root, account


def _protocol(account: etree._Element, kind: str, server: MailServer, login: str) -> None:
    protocol = _add(account, "Protocol")
    _add(protocol, "Type", kind)
    _add(protocol, "Server", server.host)
    _add(protocol, "Port", str(server.port))
    _add(protocol, "DomainRequired", "off")
    _add(protocol, "LoginName", login)
    _add(protocol, "SPA", "off")
    _add(protocol, "SSL", "on" if server.tls_at_once else "off")
    _add(protocol, "Encryption", "SSL" if server.tls_at_once else "TLS")
    _add(protocol, "AuthRequired", "on")


# ---------------------------------------------------------------- errors of both


def failed(code: int, message: str, now: datetime, server_id: int) -> bytes:
    """MS-ASCMD Error in Response, with the time of day and the number of this server (R5545, R5547)."""
    root, response = _document(_OUTER)
    error = _add(response, "Error")
    error.set("Time", f"{now:%H:%M:%S.%f}0")
    error.set("Id", str(server_id))
    _add(error, "ErrorCode", str(code))
    _add(error, "Message", message)
    _add(error, "DebugData")
    return _bytes(root)


def _document(schema: str) -> tuple[etree._Element, etree._Element]:
    outer: dict[Any, str] = {None: _OUTER}
    inner: dict[Any, str] = {None: schema}
    root = etree.Element(etree.QName(_OUTER, "Autodiscover"), nsmap=outer)
    return root, etree.SubElement(root, etree.QName(schema, "Response"), nsmap=inner)


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    """A child in the namespace of its parent."""
    child = etree.SubElement(parent, etree.QName(etree.QName(parent).namespace, name))
    child.text = text
    return child


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)
