"""The commands of one request: each gets a verdict, and the writes that followed are remembered in receipts."""

from collections.abc import Iterator
from dataclasses import replace

from easd.model.altered import altered
from easd.model.frozen import dataclass
from easd.sync.conflict import Action, Claim, Op, Policy, decide, standing
from easd.sync.ports import Change, CollectionView
from easd.sync.ranges import UidSetBuilder
from easd.sync.state import Receipt, Snapshot


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with one command. `uid`: the item it is about, None for one to be made. `seen`: whether the client
    holds the version of the item that the command is laid over.

    Where `action.writes`, carry it out and report with `Commands.done`; if that fails, answer its own Status and do
    not report. Else the verdict is the answer: `action.status`.
    """

    action: Action
    uid: int | None
    receipt: Receipt | None = None
    seen: bool = True


class Commands:
    """The commands of one request on one collection, in the order they came.

    `view` need not show the writes of this request itself: those reported are taken into account here.
    """

    def __init__(self, base: Snapshot, view: CollectionView, policy: Policy = Policy.SERVER_WINS) -> None:
        self.base = base
        self.policy = policy
        self.any = False
        self._view = view
        self._receipts = list(base.receipts)
        self._mine = {*base.own.values(), *(r.mod_seq for r in base.receipts)}
        self._known = UidSetBuilder(base.known)
        self._unsure = UidSetBuilder(base.unsure)
        self._owed = UidSetBuilder(base.owed)
        self._own = dict(base.own)
        self._adds: dict[int, tuple[str, str]] = {}
        self._latest: dict[int, Change] = {}
        self._claimed: dict[int, int] = {}

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """All that was done with this key, in this request and in earlier tries: to be stored with the base."""
        return tuple(self._receipts)

    @property
    def after(self) -> Snapshot:
        """What the client holds if it gets the answer to these commands alone."""
        known, unsure, owed = self._known.build(), self._unsure.build(), self._owed.build()
        return altered(self.base, known=known, unsure=unsure, owed=owed, own=dict(self._own))

    def add(self, client_id: str, digest: str) -> Verdict:
        """The client made an item. `digest` stands for its content; equal digests are taken for equal content.

        A ClientId is unique in one request only (MS-ASCMD R961), so receipts never outlive the generation. The same
        ClientId twice in one request: the same content is answered twice and made once, different contents are two
        items.
        """
        receipt, claim = self._claim_add(client_id, digest)
        server = None if receipt is None else self._entry(receipt.uid)
        action = self._decide(Op.ADD, server, claim)
        if receipt is None or action is Action.CREATE:
            return Verdict(action, None, Receipt(client_id, digest, 0, 0, 0))
        self._adds[receipt.uid] = (client_id, digest)
        if action is Action.WRITE:
            return Verdict(action, receipt.uid, Receipt(client_id, digest, receipt.uid, 0, 0))
        self._known.add(receipt.uid)
        if action is Action.KEEP:
            self._receipts.append(replace(receipt, digest=digest))  # should this try come again, too
        self._settle(receipt)
        return Verdict(action, receipt.uid)

    def change(self, uid: int, digest: str, there: Change | None = None) -> Verdict:
        """The client changed an item, or an occurrence of it. `digest` stands for all that it says; `there` is the item
        as the view has it, where the caller has read it already.
        """
        receipt = next(self._earlier_changes(uid, digest), None)
        server = self._latest.get(uid) or there or self._view.entry(uid)
        action = self._decide(Op.CHANGE, server, Claim.NONE if receipt is None else Claim.SAME)
        if receipt is not None:
            self._settle(receipt)
        if action is not Action.WRITE or server is None:
            return Verdict(action, uid)
        return Verdict(action, uid, Receipt(None, digest, uid, 0, over=server.mod_seq), self._holds(server))

    def delete(self, uid: int) -> Verdict:
        """The client deleted an item. To do this twice is no different from once, so there are no receipts of it."""
        action = self._decide(Op.DELETE, self._entry(uid), Claim.NONE)
        if action is Action.ALREADY or (action is Action.MISSING and uid in self._owed):
            self._forget(uid)
        return Verdict(action, uid)

    def refuse(self, op: Op, uid: int) -> Action:
        """Nothing that the client does may count: what is there is told again, with this answer or a later one, so that
        the client shows it. An Add gets a uid that nothing else ever has, and its item is taken away again.
        """
        self.any = True
        if op is Op.ADD:
            self._known.add(uid)
            self._owed.add(uid)
            return Action.KEEP
        server = self._entry(uid)
        gone = uid in self._known if server is None else server.sort_time is None
        if op is Op.DELETE and gone:  # also what an Add was answered with that was refused before
            self._forget(uid)
            return Action.ALREADY
        if server is None or server.sort_time is None or uid not in self._known:
            return Action.MISSING
        if op is Op.DELETE:
            self._forget(uid)
        self._owed.add(uid)
        return Action.ALREADY if op is Op.DELETE else Action.CONFLICT

    def done(self, verdict: Verdict, uid: int, mod_seq: int, *, gone: bool = False) -> None:
        """The write that the verdict asked for has been made: to this item, with this mod_seq.

        `gone`: it has taken the item away (a draft that was sent). The client is told so, for it may not expect it.
        """
        self._mine.add(mod_seq)
        self._latest[uid] = Change(uid, mod_seq, None if gone or verdict.action is Action.REMOVE else 0)
        if verdict.receipt is None:
            return self._forget(uid)
        receipt = replace(verdict.receipt, uid=uid, mod_seq=mod_seq)
        self._receipts.append(receipt)
        if receipt.client_id is not None:
            self._adds[uid] = (receipt.client_id, receipt.digest)
            self._known.add(uid)
        return self._settle(receipt)

    def again(self, uid: int) -> None:
        """The outcome of the client's own write is another one than what it holds: it is to be told of it, also if the
        answer is lost and a later try claims the receipt. So the write is noted as if it were laid over what it has
        become, which the client has not seen.
        """
        self._unsure.add(uid)
        written = self._own.get(uid)
        self._receipts = [
            replace(r, over=r.mod_seq) if r.uid == uid and r.mod_seq == written else r for r in self._receipts
        ]

    def _holds(self, server: Change) -> bool:
        told = server.mod_seq <= self.base.watermark or server.mod_seq == self._own.get(server.uid)
        return told and server.uid not in self._unsure

    def _decide(self, op: Op, server: Change | None, claim: Claim) -> Action:
        self.any = True
        return decide(op, standing(server, self.base.watermark, self._mine), claim, self.policy)

    def _entry(self, uid: int) -> Change | None:
        return self._latest.get(uid) or self._view.entry(uid)

    def _claim_add(self, client_id: str, digest: str) -> tuple[Receipt | None, Claim]:
        """The receipt that an Add can claim. An item that another Add of this request stands for is not to be had."""
        edited = None
        for receipt in reversed(self._receipts):
            taken = self._adds.get(receipt.uid, (client_id, digest)) != (client_id, digest)
            if receipt.client_id == client_id and not taken:
                if receipt.digest == digest:
                    return receipt, Claim.SAME
                edited = edited or receipt
        return edited, Claim.EDITED if edited else Claim.NONE

    def _earlier_changes(self, uid: int, digest: str) -> Iterator[Receipt]:
        """Receipts of earlier tries that a Change can claim. They must come in the order in which the writes were
        made: else the last word on the server would not be the client's last word.
        """
        for receipt in self.base.receipts:
            same = receipt.client_id is None and receipt.uid == uid and receipt.digest == digest
            if same and receipt.mod_seq > self._claimed.get(uid, 0):
                yield receipt

    def _settle(self, receipt: Receipt) -> None:
        """The client stands for this write of its own.

        It needs not be told of the outcome if it held the version that the write was laid over. If that was another
        one (somebody else's, or that of an earlier try which this request does not repeat), the outcome is a mixture
        that the client has not seen.
        """
        uid = receipt.uid
        self._claimed[uid] = receipt.mod_seq
        if self.base.watermark < receipt.over != self._own.get(uid) and uid in self._known:
            self._unsure.add(uid)
        self._own[uid] = receipt.mod_seq

    def _forget(self, uid: int) -> None:
        self._known.remove(uid)
        self._owed.remove(uid)
        self._unsure.remove(uid)
        self._own.pop(uid, None)
