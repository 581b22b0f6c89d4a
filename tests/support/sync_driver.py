"""A small server around the engine: it does with the engine what the Sync, MoveItems, Ping and GetItemEstimate
commands do.

The engine's functions come as a value, so that broken ones can take their place.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from easd.sync.apply import Commands, Verdict
from easd.sync.conflict import Action, Op, Policy
from easd.sync.diff import Kind, Plan, Take, estimate, has_changes, plan
from easd.sync.generations import How, Opened, arrived, begin, commit, rest
from easd.sync.ports import CollectionView
from easd.sync.state import CollectionState, StaleKey, decode, encode
from tests.support.sync_memory import MemoryMailbox

Responses = tuple[tuple[int, int], ...]


NOBODYS = 2**62
"""Uids from here on are of no item."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The functions that the driver calls."""

    begin: Callable[..., Opened] = begin
    commands: Callable[..., Commands] = Commands
    plan: Callable[..., Plan] = plan
    take: Callable[[Plan, int], Take] = Plan.take
    commit: Callable[..., CollectionState] = commit
    rest: Callable[..., CollectionState | None] = rest
    arrived: Callable[..., CollectionState] = arrived
    has_changes: Callable[..., bool] = has_changes
    estimate: Callable[..., int] = estimate


@dataclass(frozen=True, slots=True)
class Content:
    """What a client says of an item: all of it in an Add, parts of it in a Change."""

    sort_time: int | None
    fields: dict[str, str]

    @property
    def digest(self) -> str:
        return f"{self.sort_time} {sorted(self.fields.items())}"


@dataclass(frozen=True, slots=True)
class ClientCommand:
    """An Add (client_id and content), a Change (uid and content) or a Delete (uid)."""

    client_id: str | None = None
    uid: int = 0
    content: Content | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A Sync of one collection. `fits`: how many commands of the server the answer has room for, whatever the window
    says. `refused`: none of its commands may be carried out, for the client may only read at that time.
    """

    key: str
    commands: tuple[ClientCommand, ...] = ()
    window: int = 100
    fits: int = 100
    cutoff: int = 0
    policy: Policy = Policy.SERVER_WINS
    get_changes: bool = True
    scan_limit: int = 10_000
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A command to the client; `sort_time` and `fields` with an Add or Change. `mod_seq` is for tests only."""

    kind: Kind
    uid: int
    mod_seq: int
    sort_time: int = 0
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """`responses`: status and uid for each client command, in their order."""

    status: int
    key: str = "0"
    responses: Responses = ()
    commands: tuple[Told, ...] = ()
    more: bool = False


class Server:
    """A mailbox, and what is stored for devices. `threaded`: the folders that all clients want by conversations."""

    def __init__(self, mailbox: MemoryMailbox, engine: Engine) -> None:
        self.mailbox = mailbox
        self.engine = engine
        self.states: dict[tuple[str, int], bytes] = {}
        self.epochs = 0
        self.threaded: frozenset[int] = frozenset()

    def copy(self) -> "Server":
        """Another server in the same state."""
        twin = Server(deepcopy(self.mailbox), self.engine)
        twin.states, twin.epochs, twin.threaded = dict(self.states), self.epochs, self.threaded
        return twin

    def state(self, device: str, folder: int) -> CollectionState | None:
        stored = self.states.get((device, folder))
        return None if stored is None else decode(stored)

    def sync(self, device: str, folder: int, request: Request) -> Answer:
        """One exchange. Everything it writes is written when it returns."""
        while True:
            answer = self._transaction(device, folder, request)
            if answer is not None:
                return answer

    def move_items(self, device: str, folder: int, uid: int, target: int, *, held: bool) -> int | None:
        """MoveItems by a device: the new uid, None if the item is not there."""
        if uid not in self.mailbox.folders[folder].items:
            return None
        item = self.mailbox.move(folder, uid, target)
        state = self.state(device, target)
        if state is not None:
            self._store(device, target, self.engine.arrived(state, item.uid, item.mod_seq, held=held))
        return item.uid

    def ping(self, device: str, folder: int, cutoff: int) -> bool:
        state = self.state(device, folder)
        assert state is not None
        return self.engine.has_changes(state.held, self._view(folder), cutoff)

    def item_estimate(self, device: str, folder: int, key: str, cutoff: int) -> int:
        view = self._view(folder)
        opened = self.engine.begin(self.state(device, folder), key, view, self._epoch)
        return self.engine.estimate(opened.base, view, cutoff)

    def _view(self, folder: int) -> CollectionView:
        return self.mailbox.view(folder, by_conversation=folder in self.threaded)

    def _transaction(self, device: str, folder: int, request: Request) -> Answer | None:
        """None: go on in another transaction."""
        try:
            opened = self.engine.begin(self.state(device, folder), request.key, self._view(folder), self._epoch)
        except StaleKey:
            return Answer(3)
        if opened.how is How.NEW:
            self._store(device, folder, opened.state)
            return Answer(1, opened.state.key)
        commands = self.engine.commands(opened.base, self._view(folder), request.policy)
        answer = self._refuse if request.refused else self._carry_out
        responses = tuple(answer(commands, folder, command) for command in request.commands)
        if not request.get_changes:
            return self._without_changes(device, folder, request, opened, commands, responses)
        view = self._view(folder)
        scan_limit = None if opened.scan_limit is None else min(request.scan_limit, opened.scan_limit)
        todo = self.engine.plan(commands.after, view, request.cutoff, request.window, scan_limit)
        take = self.engine.take(todo, request.fits)
        if not (commands.any or take.commands):
            self._store(device, folder, self.engine.rest(opened, todo))
            return Answer(1, request.key) if todo.finished else None
        state = self.engine.commit(opened, take.after, commands.receipts)
        self._store(device, folder, state)
        told = tuple(self._told(folder, command) for command in take.commands)
        return Answer(1, state.key, responses, told, take.more)

    def _without_changes(
        self, device: str, folder: int, request: Request, opened: Opened, commands: Commands, responses: Responses
    ) -> Answer:
        if not commands.any:
            self._store(device, folder, self.engine.rest(opened))
            return Answer(1, request.key)
        state = self.engine.commit(opened, commands.after, commands.receipts)
        self._store(device, folder, state)
        return Answer(1, state.key, responses)

    def _refuse(self, commands: Commands, _folder: int, command: ClientCommand) -> tuple[int, int]:
        if command.content is None:
            return commands.refuse(Op.DELETE, command.uid).status, command.uid
        if command.client_id is None:
            return commands.refuse(Op.CHANGE, command.uid).status, command.uid
        uid = NOBODYS + int(command.content.fields["token"])
        return commands.refuse(Op.ADD, uid).status, uid

    def _carry_out(self, commands: Commands, folder: int, command: ClientCommand) -> tuple[int, int]:
        if command.content is None:
            verdict = commands.delete(command.uid)
        elif command.client_id is not None:
            verdict = commands.add(command.client_id, command.content.digest)
        else:
            verdict = commands.change(command.uid, command.content.digest)
        uid = self._write(commands, folder, verdict, command.content) if verdict.action.writes else verdict.uid
        return verdict.action.status, uid or 0

    def _write(self, commands: Commands, folder: int, verdict: Verdict, content: Content | None) -> int:
        if content is None:
            assert verdict.uid is not None
            commands.done(verdict, verdict.uid, self.mailbox.remove(folder, verdict.uid))
            return verdict.uid
        made = {name: _kept(name, value) for name, value in content.fields.items()}
        if verdict.uid is None:
            assert verdict.action is Action.CREATE
            assert content.sort_time is not None
            item = self.mailbox.add(folder, content.sort_time, made)
        else:
            item = self.mailbox.write(folder, verdict.uid, content.sort_time, made)
        commands.done(verdict, item.uid, item.mod_seq)
        if made != content.fields:
            commands.again(item.uid)
        return item.uid

    def _told(self, folder: int, command: Any) -> Told:
        if command.kind in (Kind.DELETE, Kind.SOFT_DELETE):
            return Told(*command)
        item = self.mailbox.folders[folder].items[command.uid]
        assert item.mod_seq == command.mod_seq
        return Told(command.kind, command.uid, command.mod_seq, item.sort_time, item.fields)

    def _store(self, device: str, folder: int, state: CollectionState | None) -> None:
        if state is None:
            return
        self.states[device, folder] = encode(state)
        assert decode(self.states[device, folder]) == state

    def _epoch(self) -> int:
        self.epochs += 1
        return self.epochs


def _kept(name: str, value: str) -> str:
    """What the server makes of a value: some become others, of which clients know nothing until they are told."""
    return f"{value}+" if name in ("a", "b") and value.endswith("7") else value


def drain(server: Server, device: str, folder: int, key: str, cutoff: int, windows: Sequence[int]) -> list[Told]:
    """All that Syncs without client commands give from this key on, in turn with these windows."""
    told: list[Told] = []
    for turn in range(1000):
        window = windows[turn % len(windows)]
        answer = server.sync(device, folder, Request(key, window=window, cutoff=cutoff))
        assert answer.status == 1
        assert len(answer.commands) <= window
        told += answer.commands
        assert answer.commands or turn == 0, "MoreAvailable, but there was no more"
        if not answer.more:
            return told
        assert answer.key != key, "MoreAvailable with the same key"
        key = answer.key
    raise AssertionError("MoreAvailable without end")
