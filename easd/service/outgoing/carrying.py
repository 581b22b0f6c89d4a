"""Mail for other servers, from the queue into the hands of a worker and out of them again. What speaks SMTP is not
here: it is given a Consignment, and answers an Outcome for each recipient.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from easd.model.mail_event import MailEvent
from easd.model.outgoing import Action, Ending, Outbound, Outcome
from easd.service.context import Services
from easd.service.outgoing.returning import finish, give_all_back

_ERROR_MAX = 500


@dataclass(frozen=True, slots=True)
class Consignment:
    """Copies of one message that go to the same place in one transaction. `domain`: where to; empty: the relay."""

    domain: str
    entries: tuple[Outbound, ...]

    @property
    def sender(self) -> str:
        return self.entries[0].sender


def claimed(
    services: Services, worker: str, lease: timedelta, limit: int, *, together: int, by_domain: bool
) -> list[Consignment]:
    """Take at most `limit` entries that are due, for so long, in consignments of at most `together` recipients, each
    for one domain or for whatever domains.
    """
    entries = services.store.claim(worker, services.clock() + lease, limit)
    return consignments(_elsewhere(services, entries), together, by_domain=by_domain)


def _elsewhere(services: Services, entries: Iterable[Outbound]) -> list[Outbound]:
    """The entries but those whose domain has become one of this server meanwhile, which are delivered here."""
    found = []
    for entry in entries:
        if services.directory.is_local(_domain(entry)):
            services.store.route(entry, elsewhere=False)
            services.queue_filled()
        else:
            found.append(entry)
    return found


def consignments(entries: Iterable[Outbound], together: int, *, by_domain: bool) -> list[Consignment]:
    """Those of the same message, sender and wishes together, in the order in which they came."""
    found: dict[tuple[object, ...], list[Outbound]] = {}
    for entry in entries:
        domain = _domain(entry) if by_domain else ""
        asked = entry.asked.ret, entry.asked.envid
        key = (domain, entry.blob_id, entry.sender, entry.sender_mailbox, entry.ours, *asked)
        found.setdefault(key, []).append(entry)
    return [
        Consignment(str(key[0]), tuple(same[start : start + together]))
        for key, same in found.items()
        for start in range(0, len(same), together)
    ]


def _domain(entry: Outbound) -> str:
    return entry.recipient.rpartition("@")[2].lower()


def conclude(services: Services, consignment: Consignment, outcomes: Sequence[Outcome]) -> Mapping[int, Outcome]:
    """Write down what has become of a consignment: what arrived leaves the queue, what was refused goes back to its
    sender, the rest is tried again later, or given up when it is too old. What has become of each entry in the end.
    """
    now = services.clock()
    final = [_final(services, entry, one, now) for entry, one in zip(consignment.entries, outcomes, strict=True)]
    by_action: dict[Action, list[tuple[Outbound, Outcome]]] = {}
    for entry, outcome in zip(consignment.entries, final, strict=True):
        by_action.setdefault(outcome.action, []).append((entry, outcome))
    if sent := by_action.get(Action.RELAYED):
        _sent(services, sent)
    if refused := by_action.get(Action.FAILED):
        entries, reasons = zip(*refused, strict=True)
        give_all_back(services, entries, reasons)
    if delayed := by_action.get(Action.DELAYED):
        _put_off(services, delayed, now)
    return {entry.id: outcome for entry, outcome in zip(consignment.entries, final, strict=True)}


def _final(services: Services, entry: Outbound, outcome: Outcome, now: datetime) -> Outcome:
    """A delay that has lasted too long is a failure (RFC 3463 X.4.7)."""
    give_up = services.carriage.give_up
    if outcome.action is not Action.DELAYED or now < entry.queued + give_up:
        return outcome
    hours = round(give_up.total_seconds() / 3600)
    reason = f"it could not be delivered for {hours} hours: {outcome.reason or 'the other server put it off'}"
    return replace(outcome, action=Action.FAILED, status="5.4.7", reason=reason)


def _sent(services: Services, pairs: Sequence[tuple[Outbound, Outcome]]) -> None:
    """Off the queue, with a report for those who asked for one and will not get it from the other server."""
    for handed_on in (True, False):
        if some := [(entry, outcome) for entry, outcome in pairs if outcome.handed_on is handed_on]:
            entries, outcomes = zip(*some, strict=True)
            for entry in _settle(services, entries, outcomes, quietly=handed_on):
                services.journal(MailEvent.SENT, entry, outcomes[0].diagnostic)


def _settle(
    services: Services, entries: Sequence[Outbound], outcomes: Sequence[Outcome], *, quietly: bool
) -> Sequence[Outbound]:
    if not quietly:
        return finish(services, entries, outcomes, Ending.DONE)
    with services.store.settling(entries) as taking:
        return taking.taken


def _put_off(services: Services, pairs: Sequence[tuple[Outbound, Outcome]], now: datetime) -> None:
    """Try it again later; the sender is told once that it takes time."""
    for warning in (True, False):
        some = [(entry, one) for entry, one in pairs if _is_time_to_warn(services, entry, now) is warning]
        if not some:
            continue
        later = [_later(services, entry, one, now, warned=warning) for entry, one in some]
        until = [replace(one, until=entry.queued + services.carriage.give_up) for entry, one in some]
        if warning:
            ended = finish(services, later, until, Ending.LATER)
        else:
            with services.store.settling(later, Ending.LATER) as taking:
                ended = taking.taken
        for entry in ended:
            services.journal(MailEvent.DEFERRED, entry, entry.error)


def _is_time_to_warn(services: Services, entry: Outbound, now: datetime) -> bool:
    warn = services.carriage.warn
    return warn is not None and not entry.warned and now >= entry.queued + warn


def _later(services: Services, entry: Outbound, outcome: Outcome, now: datetime, *, warned: bool) -> Outbound:
    due = min(now + pause(services, entry.attempts), entry.queued + services.carriage.give_up)
    error = " ".join(filter(None, (outcome.reason, outcome.diagnostic)))[:_ERROR_MAX]
    return replace(entry, due=max(due, now), error=error, warned=entry.warned or warned)


def pause(services: Services, attempts: int) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, and a fifth more or less, so that what failed
    together is not tried together.
    """
    carriage = services.carriage
    doubled = carriage.first * (1 << min(max(attempts - 1, 0), 20))
    return min(doubled, carriage.most) * (0.8 + 0.4 * services.number(16) / 2**16)
