"""Devices, their users and their bad network around one server, and what must be true of it all.

Every choice comes from `pick(n)`, a number in 0 .. n - 1, so that anything that chooses can drive a world.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from easd.sync.conflict import Policy
from easd.sync.diff import Kind
from tests.support.sync_driver import Answer, ClientCommand, Content, Engine, Request, Server, drain
from tests.support.sync_memory import MemoryMailbox

T = TypeVar("T")
Pick = Callable[[int], int]

FOLDERS = 2
TIMES = 5
FIELDS = ("a", "b")
DELETES = (Kind.DELETE, Kind.SOFT_DELETE)


@dataclass(slots=True)
class Flight:
    """A request that the server has answered, and the answer on its way."""

    request: Request
    answer: Answer


@dataclass(slots=True)
class Client:
    """One collection on one device.

    items: what it holds by the protocol, (sort_time, fields) by uid. adds, changes, deletes: what its user did and the
    server has not acknowledged. told: the version of each item it was told last. moved: uids of items that it moved
    itself, of which the server may tell it things that it knows. sent: ClientIds that were on their way at least once.
    wrote: the mod_seqs of its writes.
    """

    device: str
    folder: int
    policy: Policy
    held: bool
    cutoff: int = 0
    key: str = "0"
    items: dict[int, tuple[int, dict[str, str]]] = field(default_factory=dict)
    adds: dict[str, Content] = field(default_factory=dict)
    changes: dict[int, Content] = field(default_factory=dict)
    deletes: set[int] = field(default_factory=set)
    told: dict[int, int] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    flight: Flight | None = None
    past: list[Request] = field(default_factory=list)
    wrote: set[int] = field(default_factory=set)
    disturbed: bool = False

    @property
    def pending(self) -> bool:
        return bool(self.adds or self.changes or self.deletes)

    @property
    def there(self) -> list[int]:
        """What its user sees."""
        return sorted(self.items.keys() - self.deletes)

    def restart(self) -> None:
        """Forget the collection. Items whose Add may have reached the server are dropped (MS-ASCMD R4428)."""
        self.adds = {client_id: content for client_id, content in self.adds.items() if client_id not in self.sent}
        for kept in (self.items, self.changes, self.deletes, self.told, self.moved, self.sent):
            kept.clear()
        self.key = "0"

    def commands(self) -> tuple[ClientCommand, ...]:
        adds = [ClientCommand(client_id, 0, content) for client_id, content in self.adds.items()]
        changes = [ClientCommand(None, uid, content) for uid, content in self.changes.items()]
        return (*adds, *changes, *(ClientCommand(None, uid) for uid in sorted(self.deletes)))

    def unfinished(self) -> tuple[ClientCommand, ...]:
        """Adds that may have reached the server: a client repeats them, edited or not, or drops them for good."""
        return tuple(
            ClientCommand(client_id, 0, self.adds[client_id]) for client_id in self.adds if client_id in self.sent
        )

    def receive(self, flight: Flight) -> None:
        """An answer arrives."""
        if flight.answer.status == 3:
            assert self.disturbed, "a key was refused without a reason"
            return self.restart()
        for command, (status, uid) in zip(flight.request.commands, flight.answer.responses, strict=True):
            self._acknowledge(command, status, uid)
            if flight.request.refused:
                self.told.pop(command.uid, None)  # to be told again
        for told in flight.answer.commands:
            self._obey(told.kind, told.uid, told.mod_seq, (told.sort_time, told.fields))
        if flight.answer.more:
            assert flight.answer.key != flight.request.key, "MoreAvailable with the same key"
            assert flight.answer.commands or flight.request.commands, "MoreAvailable without progress"
        self.key = flight.answer.key
        return None

    def _acknowledge(self, command: ClientCommand, status: int, uid: int) -> None:
        if command.content is None:
            for kept in (self.items, self.told, self.changes):
                kept.pop(command.uid, None)
            self.deletes.discard(command.uid)
        elif command.client_id is None:
            self._change_acknowledged(command.uid, command.content, status)
        else:
            assert status == 1
            self._add_acknowledged(command.client_id, command.content, uid)

    def _add_acknowledged(self, client_id: str, content: Content, uid: int) -> None:
        assert uid not in self.items, "an Add was answered with an item that the client holds"
        self.items[uid] = (content.sort_time or 0, content.fields)
        self.sent.discard(client_id)
        now = self.adds.pop(client_id, None)
        if now is None:
            self.deletes.add(uid)
        elif now != content:
            self.changes[uid] = now

    def _change_acknowledged(self, uid: int, content: Content, status: int) -> None:
        if status == 1 and uid in self.items:
            sort_time, fields = self.items[uid]
            new_time = sort_time if content.sort_time is None else content.sort_time
            self.items[uid] = (new_time, {**fields, **content.fields})
        now = self.changes.pop(uid, None)
        if now is not None and now != content:
            left = {name: value for name, value in now.fields.items() if content.fields.get(name) != value}
            self.changes[uid] = Content(None if now.sort_time == content.sort_time else now.sort_time, left)

    def _obey(self, kind: Kind, uid: int, mod_seq: int, content: tuple[int, dict[str, str]]) -> None:
        if uid not in self.moved:
            assert (uid in self.items) is (kind is not Kind.ADD), f"{kind} of {uid}"
            assert kind in DELETES or self.told.get(uid) != mod_seq, f"{uid} was told twice"
        if kind not in DELETES:
            self.items[uid] = content
            self.told[uid] = mod_seq
            return
        self.items.pop(uid, None)
        self.told.pop(uid, None)
        self.changes.pop(uid, None)
        self.deletes.discard(uid)


class World:
    """Two devices with every folder each, and a server.

    forked: tokens of items that may rightly be there twice.
    """

    def __init__(self, engine: Engine, refusals: int = 0) -> None:
        """`refusals`: of so many requests one comes when the client may only read; 0: none."""
        self.server = Server(MemoryMailbox(FOLDERS), engine)
        self.refusals = refusals
        self.tokens = 0
        self.forked: set[str] = set()
        self.clients = [
            Client(device, folder, policy, held)
            for device, policy, held in (
                ("one", Policy.SERVER_WINS, False),
                ("two", Policy.CLIENT_WINS, True),
            )
            for folder in range(1, FOLDERS + 1)
        ]
        for client in self.clients:
            client.receive(self._send(client, Request("0")))

    def populate(self, pick: Pick) -> None:
        """Some items to begin with, and whether the folder that most happens in is wanted by conversations."""
        self.server.threaded = frozenset({1 + pick(FOLDERS)} if pick(3) else ())
        for _ in range(pick(4)):
            self.server_add(pick)

    # ------------------------------------------------------------ what others do to the mailbox

    def server_add(self, pick: Pick) -> None:
        self.server.mailbox.add(1 + pick(FOLDERS), pick(TIMES), self._new_fields())

    def server_reply(self, pick: Pick) -> None:
        """A conversation is taken up again, or its newest item goes."""
        found = self._server_item(pick)
        talk = found and self.server.mailbox.folders[found[0]].items[found[1]].fields["talk"]
        if found is None or not talk:
            return
        folder, _ = found
        items = self.server.mailbox.folders[folder].items.values()
        newest = max((i for i in items if i.fields["talk"] == talk), key=lambda i: i.position)
        if pick(2):
            self.server.mailbox.add(folder, TIMES - 1, {**self._new_fields(), "talk": talk})
        else:
            self.server.mailbox.remove(folder, newest.uid)

    def server_write(self, pick: Pick) -> None:
        if found := self._server_item(pick):
            folder, uid = found
            sort_time = pick(TIMES) if pick(2) else None
            self.server.mailbox.write(folder, uid, sort_time, self._changed(pick))

    def server_remove(self, pick: Pick) -> None:
        if found := self._server_item(pick):
            self.server.mailbox.remove(*found)

    def server_move(self, pick: Pick) -> None:
        if found := self._server_item(pick):
            folder, uid = found
            self._note_move(folder, uid)
            self.server.mailbox.move(folder, uid, 1 + pick(FOLDERS))

    def prune(self, pick: Pick) -> None:
        """Old tombstones go; whoever has not come by since has to start again."""
        folder = 1 + pick(FOLDERS)
        uids = sorted(self.server.mailbox.folders[folder].items)
        if uids and pick(2):
            self.server.mailbox.remove(folder, self._one(pick, uids))
        self.server.mailbox.prune(folder, self.server.mailbox.modseq - pick(2))
        for client in self.clients:
            if client.folder == folder:
                client.disturbed = True

    # ------------------------------------------------------------ what users do on their devices

    def client_add(self, pick: Pick) -> None:
        client = self._client(pick)
        flying = client.flight.request.commands if client.flight else ()
        taken = {*client.adds, *(command.client_id for command in flying)}
        client_id = next(str(n) for n in range(100) if str(n) not in taken)
        client.adds[client_id] = Content(pick(TIMES), self._new_fields())

    def client_edit_add(self, pick: Pick) -> None:
        """The user changes an item of which the server may or may not know."""
        if client := self._client_with(pick, lambda c: bool(c.adds)):
            self._edit_add(client, pick)

    def client_drop_add(self, pick: Pick) -> None:
        if client := self._client_with(pick, lambda c: bool(c.adds)):
            del client.adds[self._one(pick, sorted(client.adds))]

    def client_change(self, pick: Pick) -> None:
        if client := self._client_with(pick, lambda c: bool(c.there)):
            uid = self._one(pick, client.there)
            old = client.changes.get(uid, Content(None, {}))
            sort_time = pick(TIMES) if pick(4) == 0 else old.sort_time
            client.changes[uid] = Content(sort_time, {**old.fields, **self._changed(pick)})

    def client_undo(self, pick: Pick) -> None:
        """The user takes a change or a deletion back, before the server has acknowledged it."""
        client = self._client_with(pick, lambda c: bool(c.changes or c.deletes))
        if client is None:
            return
        if client.changes and (pick(2) or not client.deletes):
            del client.changes[self._one(pick, sorted(client.changes))]
        else:
            client.deletes.remove(self._one(pick, sorted(client.deletes)))

    def client_delete(self, pick: Pick) -> None:
        if client := self._client_with(pick, lambda c: bool(c.there)):
            uid = self._one(pick, client.there)
            client.changes.pop(uid, None)
            client.deletes.add(uid)

    def client_filter(self, pick: Pick) -> None:
        self._client(pick).cutoff = pick(TIMES)

    def client_restart(self, pick: Pick) -> None:
        """The account is made anew; an answer that comes now is for nobody."""
        client = self._client(pick)
        client.restart()
        client.flight = None

    def client_move(self, pick: Pick) -> None:
        """MoveItems. A client that takes care of the new id itself repeats a lost request until it gets it."""
        client = self._client_with(pick, lambda c: bool(c.items))
        if client is None:
            return
        uid = self._one(pick, sorted(client.items))
        target = self._sibling(client)
        held = client.held
        self._note_move(client.folder, uid)
        new = self.server.move_items(client.device, client.folder, uid, target.folder, held=held)
        if new is None:
            return
        if not held:
            target.moved.add(new)
        if held or pick(2):
            client.moved.add(uid)
            content = client.items.pop(uid)
            target.items[new] = content
            client.changes.pop(uid, None)
            client.deletes.discard(uid)

    # ------------------------------------------------------------ the network

    def sync(self, pick: Pick) -> None:
        """A request reaches the server. Its answer arrives, is lost, or stays on its way."""
        self._sync(self._client(pick), pick)

    def sync_at_a_bad_moment(self, pick: Pick) -> None:
        """An answer is lost; the user, or somebody else, goes on with the same items; the client tries again."""
        client = self._client_with(pick, lambda c: c.pending)
        if client is None:
            return
        client.flight = None
        self._send(client, self._request(client, pick))
        for meddle in (self._meddle_here, self._meddle_there)[pick(2) :]:
            meddle(client, pick)
        self._sync(client, pick)

    def come_to_rest(self, pick: Pick) -> None:
        """A client has a good hour; its user may try another filter, and go back."""
        client = self._client(pick)
        client.flight = None
        for cutoff in ((client.cutoff,), (pick(TIMES), client.cutoff))[pick(2)]:
            client.cutoff = cutoff
            self._finish(client)
            self._check_equal(client)

    def _meddle_here(self, client: Client, pick: Pick) -> None:
        if client.changes and pick(2):
            uid = self._one(pick, sorted(client.changes))
            client.changes[uid] = Content(None, self._changed(pick))
        elif client.adds:
            self._edit_add(client, pick)

    def _meddle_there(self, client: Client, pick: Pick) -> None:
        uids = sorted(self.server.mailbox.folders[client.folder].items.keys() & client.items.keys())
        newest = self.server.mailbox.folders[client.folder].last_uid
        if newest in self.server.mailbox.folders[client.folder].items and pick(2):
            uids = [newest]
        if uids:
            self.server.mailbox.write(client.folder, self._one(pick, uids), None, self._changed(pick))

    def _sync(self, client: Client, pick: Pick) -> None:
        client.flight = None
        before = self.server.copy() if pick(8) == 0 else None
        flight = self._send(client, self._request(client, pick))
        if before is not None:
            before.epochs = self.server.epochs  # they are random in truth: no two are the same
            self.server = before  # the process died before the transaction was committed
            return
        end = pick(4)
        if end >= 2:
            client.receive(flight)
        elif end == 1:
            client.flight = flight

    def deliver(self, pick: Pick) -> None:
        """An answer arrives late."""
        client = self._client_with(pick, lambda c: c.flight is not None)
        if client is not None and client.flight is not None:
            client.receive(client.flight)
            client.flight = None

    def replay(self, pick: Pick) -> None:
        """An old request arrives again; nobody waits for its answer."""
        client = self._client(pick)
        if client.past:
            self._exchange(client, client.past[-1 - pick(min(len(client.past), 3))])
            client.disturbed = True

    # ------------------------------------------------------------ what must be true

    def check_ping(self, pick: Pick) -> None:
        """Ping and GetItemEstimate agree with the Syncs that would follow."""
        client = self._client(pick)
        state = self.server.state(client.device, client.folder)
        if state is None or client.key != state.held_key or state.held.watermark < self._pruned(client.folder):
            return
        place = (client.device, client.folder)
        changed = self.server.ping(*place, client.cutoff)
        expected = self.server.item_estimate(*place, client.key, client.cutoff)
        scan_limit = 1 + pick(3)
        first = self.server.copy().sync(
            *place, Request(client.key, window=1, cutoff=client.cutoff, scan_limit=scan_limit)
        )
        assert bool(first.commands) is changed, "Ping was wrong"
        told = drain(self.server.copy(), *place, client.key, client.cutoff, (1 + pick(3), 1 + pick(3)))
        assert len(told) == expected, "GetItemEstimate was wrong"

    def check_tokens(self) -> None:
        """No item was made twice."""
        items = [item for folder in self.server.mailbox.folders.values() for item in folder.items.values()]
        tokens = [item.fields["token"] for item in items if item.fields["token"] not in self.forked]
        assert len(tokens) == len(set(tokens)), "an Add was carried out twice"

    def settle(self) -> None:
        """Let everybody finish; then every client holds what the server has."""
        for _ in range(2):  # what one client does, another one has to be told
            for client in self.clients:
                client.flight = None
                self._finish(client)
        for client in self.clients:
            self._check_equal(client)
        self.check_tokens()

    def _check_equal(self, client: Client) -> None:
        there = self.server.mailbox.folders[client.folder].items.values()
        newest: dict[str, int] = {}
        if client.folder in self.server.threaded:
            for item in there:
                newest[item.fields["talk"]] = max(item.sort_time, newest.get(item.fields["talk"], 0))
        places = {i.uid: newest.get(i.fields["talk"] or "alone", i.sort_time) for i in there}
        expected = {i.uid: (i.sort_time, i.fields) for i in there if places[i.uid] >= client.cutoff}
        assert client.items == expected, f"{client.device} in {client.folder}: {client.items} != {expected}"

    def _finish(self, client: Client) -> None:
        for _ in range(300):
            request = Request(client.key, client.commands(), 2, 100, client.cutoff, client.policy)
            if client.key == "0":
                request = Request("0")
            flight = self._send(client, request)
            client.receive(flight)
            quiet = not flight.answer.commands and flight.answer.key == flight.request.key
            if quiet and not client.pending:
                assert not flight.answer.more
                return
        raise AssertionError("no end of MoreAvailable")

    # ------------------------------------------------------------ pieces

    def _send(self, client: Client, request: Request) -> Flight:
        expected = self._conflicts(client, request)
        if request.key == "0":
            for kept in (client.items, client.told, client.changes, client.deletes):
                kept.clear()
            client.disturbed = False
        client.past.append(request)
        client.sent.update(c.client_id for c in request.commands if c.client_id is not None)
        answer = self._exchange(client, request)
        for command, (status, _) in zip(request.commands, answer.responses, strict=False):
            assert expected.get(command.uid, status) == status, f"Status {status} for a Change of {command.uid}"
        return Flight(request, answer)

    def _exchange(self, client: Client, request: Request) -> Answer:
        before = self.server.mailbox.modseq
        answer = self.server.sync(client.device, client.folder, request)
        client.wrote.update(range(before + 1, self.server.mailbox.modseq + 1))
        return answer

    def _conflicts(self, client: Client, request: Request) -> dict[int, int]:
        """The Status that each Change must get, where it is plain: the last answer arrived, and the item is as the
        client holds it, or somebody else has changed it.
        """
        state = self.server.state(client.device, client.folder)
        statuses: dict[int, int] = {}
        if state is None or state.key != request.key or request.refused:
            return statuses
        there = self.server.mailbox.folders[client.folder].items
        for command in request.commands:
            if command.client_id is None and command.content is not None and command.uid not in client.moved:
                item = there.get(command.uid)
                if item is None:
                    statuses[command.uid] = 8
                elif client.items[command.uid] == (item.sort_time, item.fields) or request.policy is Policy.CLIENT_WINS:
                    statuses[command.uid] = 1
                elif item.mod_seq not in client.wrote:
                    statuses[command.uid] = 7
        return statuses

    def _request(self, client: Client, pick: Pick) -> Request:
        if client.key == "0":
            return Request("0")
        commands = client.commands() if pick(4) else client.unfinished()
        window = (1, 2, 4, 20)[pick(4)]
        fits = 1 + pick(window) if pick(3) == 0 else window
        return Request(
            client.key,
            commands,
            window,
            fits,
            client.cutoff,
            client.policy,
            pick(8) > 0,
            (1 + pick(3)) if pick(3) == 0 else 10_000,
            refused=bool(self.refusals) and pick(self.refusals) == 0,
        )

    def _pruned(self, folder: int) -> int:
        return self.server.mailbox.folders[folder].pruned

    def _client(self, pick: Pick) -> Client:
        """Mostly the same one: what goes wrong does so between a client and the server."""
        return self.clients[max(pick(len(self.clients) + 3) - 3, 0)]

    def _edit_add(self, client: Client, pick: Pick) -> None:
        client_id = self._one(pick, sorted(client.adds))
        old = client.adds[client_id]
        client.adds[client_id] = replace(old, fields={**old.fields, **self._changed(pick)})

    def _client_with(self, pick: Pick, able: Callable[[Client], bool]) -> Client | None:
        clients = [client for client in self.clients if able(client)]
        return clients[pick(len(clients))] if clients else None

    def _sibling(self, client: Client) -> Client:
        return next(c for c in self.clients if c.device == client.device and c.folder != client.folder)

    def _server_item(self, pick: Pick) -> tuple[int, int] | None:
        """Any item, or rather often one that the first client's user is just changing."""
        places = [(folder, uid) for folder, f in self.server.mailbox.folders.items() for uid in sorted(f.items)]
        first = self.clients[0]
        same = [place for place in places if place[0] == first.folder and place[1] in first.changes]
        chosen = same if same and pick(2) else places
        return chosen[pick(len(chosen))] if chosen else None

    def _note_move(self, folder: int, uid: int) -> None:
        """If its maker does not know yet that the item is here, and edits it, the edited one is rightly made anew."""
        item = self.server.mailbox.folders[folder].items.get(uid)
        unacknowledged = {content.fields["token"] for client in self.clients for content in client.adds.values()}
        if item is not None and item.fields["token"] in unacknowledged:
            self.forked.add(item.fields["token"])

    def _new_fields(self) -> dict[str, str]:
        self.tokens += 1
        talk = f"{self.tokens % 3}" if self.tokens % 3 else ""
        return {"token": str(self.tokens), "talk": talk, "a": "", "b": ""}

    def _changed(self, pick: Pick) -> dict[str, str]:
        self.tokens += 1
        return {FIELDS[pick(len(FIELDS))]: str(self.tokens)}

    @staticmethod
    def _one(pick: Pick, choices: list[T]) -> T:
        return choices[pick(len(choices))]
