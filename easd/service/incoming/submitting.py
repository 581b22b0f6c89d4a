"""Taking a message from one of this server's own people, who has signed in: once this returns, it is stored."""

from collections.abc import Iterable

from easd.mime.addresses import address_field
from easd.mime.headers import Headers
from easd.mime.outgoing import OutgoingError, completed
from easd.model.account import User
from easd.model.email import Address
from easd.model.frozen import dataclass
from easd.model.outgoing import Envelope, Recipient
from easd.service.context import Services
from easd.service.distribution import each_once
from easd.service.incoming.recipients import known, without_tag
from easd.service.incoming.refusing import Refused
from easd.service.incoming.taking import mark
from easd.service.sending_limits import OverLimit, check_size, count_recipients
from easd.service.sending_rights import addresses, sending_rights


@dataclass(frozen=True, slots=True)
class Submitted:
    """A message and its envelope as they came, and the header lines that this server adds."""

    envelope: Envelope
    raw: bytes
    trace: bytes = b""


def may_send_as(services: Services, user: User, sender: str) -> None:
    """Refused for a reverse-path that is none of the user's; nobody owns the empty one."""
    if not sender:
        return
    rights = sending_rights(services, user)
    if not _owned(services, sender, (*addresses(user), *rights.own, *rights.represented)):
        raise Refused(550, "5.7.1", f"{user.address} may not send as {sender}")


def addressed(services: Services, address: str) -> str:
    """The address under which a recipient is known here, or as it is if it is elsewhere. Refused for nobody here."""
    if not services.directory.is_local(address.rpartition("@")[2]):
        return address
    found = known(services, address)
    if found is None:
        raise Refused(550, "5.1.1", "there is no such mailbox here")
    return found.named(address) if isinstance(found, User) else found.address


def submit(services: Services, user: User, submitted: Submitted) -> None:
    """Put it into the queue, once however often it is sent. Refused, Unavailable: nothing was kept."""
    try:
        _submit(services, user, submitted)
    except OutgoingError as error:
        raise Refused(554, "5.6.0", str(error)) from None
    except OverLimit as over:
        code, _, status = over.reply.partition(" ")
        raise Refused(int(code), status, str(over)) from None


def _submit(services: Services, user: User, submitted: Submitted) -> None:
    headers, _ = Headers.parse(submitted.raw, 0, len(submitted.raw), [])
    rights = sending_rights(services, user)
    for author in address_field(headers, "from"):
        may_send_as(services, user, author.address)
    message_id = f"{services.number(64):016x}{services.number(64):016x}@{user.address.rpartition('@')[2]}"
    now, sender = services.clock(), Address(user.display_name, user.address)
    made = completed(submitted.raw, sender, message_id, now, own=rights.own, represented=rights.represented)
    check_size(services, made.message)
    said = submitted.envelope
    recipients = _each_once(services, said.recipients)
    envelope = Envelope(said.sender, recipients, ours=True, ret=said.ret, envid=said.envid)
    key = mark(said.sender, ",".join(sorted(one.address for one in said.recipients)), headers, submitted.raw).hex()
    with services.store.writing(user.mailbox_id) as box:
        if box.sent_before(f"smtp {key}"):
            return
        box.remember_sent(f"smtp {key}", now)
        count_recipients(services, box, said.sender or user.address, [one.address for one in recipients], now)
        box.queue(envelope, submitted.trace + made.message, now)
    services.queue_filled()


def _owned(services: Services, sender: str, own: Iterable[str]) -> bool:
    spellings = {sender.lower()} | ({without_tag(sender).lower()} if services.plus_addresses else set())
    return not spellings.isdisjoint(address.lower() for address in own)


def _each_once(services: Services, recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Groups resolved, and nobody twice; what was asked of reports stays with whom it was asked of."""
    found: dict[str, Recipient] = {}
    for one in recipients:
        for address in each_once(services, (one.address,)):
            found.setdefault(address.lower(), Recipient(address, one.notify, one.original))
    return tuple(found.values())
