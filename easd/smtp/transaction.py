"""One message to one server (RFC 5321 section 3.3), with what the server offers beyond that."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from aiosmtplib import SMTP, SMTPRecipientRefused, SMTPResponseException

from easd.mime.fitting import Unfit
from easd.model.outgoing import Action, Outbound, Outcome
from easd.service.outgoing.carrying import Consignment

Prepare = Callable[[bool], Awaitable[bytes]]
"""The bytes of the message as they are sent, to a server that takes characters beyond ASCII or not."""

_ENHANCED: Final = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: |$)")
_NOT_XTEXT: Final = re.compile(r"[^!-*,-<>-~]")
_REPLY_MAX: Final = 500
_SERVICE_CLOSES: Final = 421


async def transact(
    client: SMTP, consignment: Consignment, prepare: Prepare, remote: str, seconds: float
) -> list[Outcome]:
    """Send a message to its recipients; what has become of each. `seconds`: how long the answer to it is waited for.

    Errors of the connection are raised: whatever is not known is as if nothing had been sent.
    """
    try:
        raw = await _message(client, consignment, prepare)
    except _Unsendable as error:
        return everybody(consignment, replace(error.outcome, remote=remote))
    parameters = list(_parameters(client, consignment, raw))
    try:
        await client.mail(on_the_wire(consignment.sender), options=parameters, encoding=_encoding(parameters))
    except SMTPResponseException as error:
        return everybody(consignment, await _after(client, _refusal("", remote, error.code, error.message)))
    outcomes = [await _recipient(client, entry, remote, parameters) for entry in consignment.entries]
    if all(outcome.action is not Action.RELAYED for outcome in outcomes):
        await client.rset()
        return outcomes
    try:
        reply = await client.data(raw, timeout=seconds)
    except SMTPResponseException as error:
        refused = await _after(client, _refusal("", remote, error.code, error.message))
        return [replace(refused, address=one.address) if one.action is Action.RELAYED else one for one in outcomes]
    said = _said(reply.code, reply.message)
    return [replace(one, diagnostic=said) if one.action is Action.RELAYED else one for one in outcomes]


class _Unsendable(Exception):
    """This server cannot be sent this message."""

    def __init__(self, reason: str, status: str) -> None:
        super().__init__(reason)
        self.outcome = Outcome("", reason, status)


async def _message(client: SMTP, consignment: Consignment, prepare: Prepare) -> bytes:
    """The message as this server takes it. _Unsendable if it takes it in no form."""
    if _is_international(consignment) and not client.supports_extension("smtputf8"):  # RFC 6531 section 3.5
        raise _Unsendable("an address has characters that the other server does not take", "5.6.7")
    try:
        raw = await prepare(client.supports_extension("8bitmime"))
    except Unfit as error:
        raise _Unsendable(str(error), "5.6.3") from None
    size = client.esmtp_extensions.get("size", "")
    most = int(size) if size.isdigit() else 0
    if 0 < most < len(raw):  # RFC 1870 section 6.3
        raise _Unsendable(f"the message has {len(raw)} bytes, and the other server takes {most}", "5.3.4")
    return raw


def _is_international(consignment: Consignment) -> bool:
    addresses = (consignment.sender, *(entry.recipient for entry in consignment.entries))
    return not all(on_the_wire(address).isascii() for address in addresses)


def _parameters(client: SMTP, consignment: Consignment, raw: bytes) -> Iterable[str]:
    if client.supports_extension("size"):
        yield f"SIZE={len(raw)}"
    if client.supports_extension("8bitmime") and not raw.isascii():
        yield "BODY=8BITMIME"
    if _is_international(consignment):
        yield "SMTPUTF8"
    asked = consignment.entries[0].asked
    if client.supports_extension("dsn"):  # RFC 3461 section 5.2.1
        if asked.ret:
            yield f"RET={asked.ret}"
        if asked.envid:
            yield f"ENVID={xtext(asked.envid)}"


async def _recipient(client: SMTP, entry: Outbound, remote: str, parameters: Sequence[str]) -> Outcome:
    dsn = client.supports_extension("dsn")
    options = list(_wishes(entry)) if dsn else []
    try:
        await client.rcpt(on_the_wire(entry.recipient), options=options, encoding=_encoding(parameters))
    except SMTPRecipientRefused as error:
        return _refusal(entry.recipient, remote, error.code, error.message)
    return Outcome(entry.recipient, "", "2.0.0", Action.RELAYED, remote=remote, handed_on=dsn)


def _wishes(entry: Outbound) -> Iterable[str]:
    if entry.asked.notify:
        yield f"NOTIFY={','.join(sorted(entry.asked.notify))}"
    kind, separator, address = entry.asked.original.partition(";")
    if separator and address.isascii():
        yield f"ORCPT={kind};{xtext(address)}"


def _encoding(parameters: Sequence[str]) -> str:
    return "utf-8" if "SMTPUTF8" in parameters else "ascii"


def on_the_wire(address: str) -> str:
    """An address whose domain is written in ASCII, if it can be (RFC 5890); the local part stays what it is."""
    local, at, domain = address.rpartition("@")
    if domain.isascii() or not local.isascii():
        return address
    try:
        return f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def xtext(text: str) -> str:
    """A value of ENVID or ORCPT (RFC 3461 section 4)."""
    return _NOT_XTEXT.sub(lambda found: "".join(f"+{byte:02X}" for byte in found[0].encode()), text)


# ------------------------------------------------------------ outcomes


async def _after(client: SMTP, outcome: Outcome) -> Outcome:
    """Forget the refused message, so that the connection serves for the next one."""
    if client.is_connected and not outcome.diagnostic.startswith(str(_SERVICE_CLOSES)):
        await client.rset()
    return outcome


def _refusal(address: str, remote: str, code: int, message: str) -> Outcome:
    """A reply of the other server: 5yz is for good, everything else for now (RFC 5321 section 4.2.1)."""
    for_good = 500 <= code < 600
    enhanced = _ENHANCED.match(message)
    status = enhanced[1] if enhanced else "5.0.0" if for_good else "4.0.0"
    action = Action.FAILED if for_good else Action.DELAYED
    return Outcome(address, "", status, action, diagnostic=_said(code, message), remote=remote)


def _said(code: int, message: str) -> str:
    readable = message.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return f"{code} {' '.join(readable.split())}"[:_REPLY_MAX].strip()


def everybody(consignment: Consignment, outcome: Outcome) -> list[Outcome]:
    """The same outcome for each recipient."""
    return [replace(outcome, address=entry.recipient) for entry in consignment.entries]
