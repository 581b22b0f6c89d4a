"""Recorded requests made to fit a world: the names of things are ours, everything else is as it was recorded.

What is rewritten in the decoded tree, and how:

- a folder: the recorded ids of a class become our folders of that class, of which more are made if need be; the class
  is what the recording holds of that collection, else what the request says, else mail;
- a SyncKey: 0 stays; a recorded key that is new becomes the key that the device would have now (where it has none, the
  collection is synchronised before), and the same recorded key means the same key of ours ever after: a repeated
  request stays one;
- a message: each recorded ServerId becomes another message that is there, as long as there are any;
- a FileReference becomes one that is there; a PolicyKey in Provision the temporary key of the phase before, in the
  request line the key that was handed out last.
"""

from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import replace

from easd.client.query import base64_query, plain_query
from easd.eas import query
from easd.eas.commands import folder_sync, provision, sync
from easd.eas.commands.provision import PolicyAsked
from easd.eas.commands.settings import DeviceInformationSet
from easd.eas.commands.sync import START, SyncCollection, SyncRequest
from easd.eas.request import Command
from easd.eas.versions import DIALECTS, Version
from easd.model.device import DeviceInformation
from easd.model.folder import Folder, FolderType, ItemClass
from easd.service.context import Answer, Hold
from easd.service.dispatch import dispatch
from easd.wbxml import Element, decode
from tests.support.world import World

_COLLECTIONS = {"AirSync:Collection", "GetItemEstimate:Collection"}
_IDS = {"AirSync:CollectionId", "GetItemEstimate:CollectionId", "Move:SrcFldId", "Move:DstFldId", "Ping:Id"}
_CLASSES = {"AirSync:Class", "Ping:Class", "GetItemEstimate:Class"}
_MESSAGES = {"AirSync:ServerId", "Move:SrcMsgId"}
_PLACES = {"Move:Move", "ItemOperations:Fetch"}
_KEYS = {"AirSync:SyncKey", "FolderHierarchy:SyncKey", "GetItemEstimate:SyncKey"}
_FURTHER = {
    ItemClass.EMAIL: FolderType.USER_MAIL,
    ItemClass.CALENDAR: FolderType.USER_CALENDAR,
    ItemClass.CONTACTS: FolderType.USER_CONTACTS,
    ItemClass.TASKS: FolderType.USER_TASKS,
    ItemClass.NOTES: FolderType.USER_NOTES,
}
_CONTENT = {"Calendar": ItemClass.CALENDAR, "Contacts": ItemClass.CONTACTS, "Tasks": ItemClass.TASKS}


def evidence(messages: Iterable[Element]) -> dict[str, ItemClass]:
    """The class of each collection of a recording, as far as its messages hold items of it or name it."""
    found: dict[str, ItemClass] = {}
    for root in messages:
        for element in everything(root):
            if element.name in _COLLECTIONS | {"Ping:Folder"}:
                class_ = _class_in(element)
                if class_ is not None:
                    found[_id_in(element)] = class_
    return found


def everything(root: Element) -> Iterable[Element]:
    """The element and all that is in it, in document order."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        yield element
        waiting.extend(reversed(element.children))


def _class_in(element: Element) -> ItemClass | None:
    for inner in everything(element):
        if inner.name in _CLASSES and inner.text in set(ItemClass):
            return ItemClass(inner.text)
        if inner.name == "AirSync:FilterType" and inner.text == "8":  # incomplete tasks
            return ItemClass.TASKS
        if inner.name == "AirSync:ApplicationData":
            for prop in inner.children:
                if (namespace := prop.name.partition(":")[0]) in _CONTENT:
                    return _CONTENT[namespace]
    return None


def _id_in(element: Element) -> str:
    return next((child.text for child in element.children if child.name in _IDS), "")


def _mime(element: Element) -> bytes:
    """The message; recordings as XML hold it as base64."""
    content = element.content if isinstance(element.content, bytes) else element.text.encode()
    try:
        return b64decode(b"".join(content.split()), validate=True)
    except ValueError:
        return content


class Player:
    """One device of alice's that sends recorded requests, all at one version."""

    def __init__(self, world: World, version: Version, classes: Mapping[str, ItemClass], file: str) -> None:
        """`classes` as `evidence` finds them; `file` is the FileReference of an attachment that is there."""
        self.world, self.version, self._classes, self._file = world, version, classes, file
        self._phone = world.phone(version=version)
        self._policy_key, self._temporary, self._hierarchy = 0, "0", START
        self._folders: dict[str, Folder] = {}
        self._keys: dict[str, str] = {}
        self._mapped: dict[tuple[str, str], str] = {}
        self._items: dict[str, str] = {}

    @property
    def folders(self) -> list[Folder]:
        """Those of our folders that recorded ones have become."""
        return list(self._folders.values())

    # ---------------------------------------------------------------- sending

    def send(self, command: Command, body: bytes, key: str = "yes", line: str = "", agent: str = "") -> Answer | Hold:
        """A request with the recorded query, else one of ours; `key` is the policy key: yes, 0 or none."""
        if key != "0" and not self._policy_key and command is not Command.PROVISION:
            self.begin()
        number = {"yes": self._policy_key, "0": 0}.get(key)
        headers = {"user-agent": agent, "ms-asprotocolversion": self.version.text}
        if number is not None and ("Cmd=" in line or not DIALECTS[self.version].base64_query):
            headers["x-ms-policykey"] = str(number)
        parsed = query.parse((line if "Cmd=" in line else self._line(command, number)).encode(), headers)
        request = replace(parsed, device_id="REPLAYED", device_type="Recorded")  # the recordings hide who it was
        outcome = dispatch(self.world.services, self._phone.principal, request, body)
        if isinstance(outcome, Answer):
            self._learn(self._phone.checked(outcome))
        return outcome

    def _line(self, command: Command, key: int | None) -> str:
        """The query in the shortest form that the version has."""
        saved = command is Command.SEND_MAIL
        if not DIALECTS[self.version].base64_query:
            return plain_query(command, "alice", "X", "Recorded", {}, save_in_sent=saved)
        return base64_query(command, self.version, "X", "Recorded", key, {"User": "alice"}, save_in_sent=saved)

    def begin(self) -> None:
        """Provision and FolderSync, as the device did before the recording began."""
        self._ask_policy()
        acknowledged = provision.ProvisionRequest(
            policies=(PolicyAsked(DIALECTS[self.version].policy_type, self._temporary, 1),)
        )
        self.send(Command.PROVISION, provision.REQUEST.encode(acknowledged, self.version))
        self._policy_key = int(self._temporary)
        self._current("")

    def _ask_policy(self) -> None:
        told = DeviceInformationSet(DeviceInformation(model="Recorded"))
        information = told if DIALECTS[self.version].device_information_in_provision else None
        asked = provision.ProvisionRequest(information, (PolicyAsked(DIALECTS[self.version].policy_type),))
        self.send(Command.PROVISION, provision.REQUEST.encode(asked, self.version))

    def _learn(self, answer: Answer) -> None:
        """What a device remembers of an answer."""
        if not answer.body or answer.content_type != Answer().content_type:
            return
        for element in everything(decode(answer.body)):
            if element.name == "Provision:PolicyKey":
                self._temporary = element.text
                self._policy_key = self._policy_key and int(element.text)  # what was handed out last is sent next
            elif element.name == "FolderHierarchy:SyncKey":
                self._hierarchy = element.text
            elif element.name == "AirSync:Collection":
                self._keys[_id_in(element)] = next(c.text for c in element.children if c.name == "AirSync:SyncKey")

    # ---------------------------------------------------------------- rewriting

    def fitted(self, root: Element) -> Element:
        """The request as it has to be to say the same here."""
        return self._fit(root, None)

    def _fit(self, element: Element, folder: Folder | None) -> Element:
        name = element.name
        if name in _COLLECTIONS or name in _PLACES:
            folder = self._folder(_id_in(element), _class_in(element))
        if name == "Ping:Id":
            self._current(str(self._folder(element.text, None).id))
        if name in _IDS:
            return Element(element.tag, str(self._folder(element.text, None).id))
        if name in _KEYS:
            return Element(element.tag, self._key(folder, element.text))
        if name in _MESSAGES and folder is not None:
            return Element(element.tag, self._item(folder, element.text))
        if name == "AirSyncBase:FileReference":
            return Element(element.tag, self._file)
        if name == "Provision:PolicyKey":
            if self._temporary == "0":
                self._ask_policy()
            return Element(element.tag, self._temporary)
        if name == "ComposeMail:Mime":
            return Element(element.tag, _mime(element))
        if name == "AirSync:ApplicationData" or not element.children:
            return element
        return Element(element.tag, [self._fit(child, folder) for child in element.children])

    def _folder(self, recorded: str, class_: ItemClass | None) -> Folder:
        if recorded not in self._folders:
            wanted = self._classes.get(recorded) or class_ or ItemClass.EMAIL
            taken = {folder.id for folder in self._folders.values()}
            with self.world.writing() as box:
                there = [f for f in box.folders() if f.type is not FolderType.RECIPIENT_INFORMATION]
                ours = [f for f in there if f.item_class is wanted and f.id not in taken]
                self._folders[recorded] = ours[0] if ours else box.add_folder(0, recorded, _FURTHER[wanted])
            if not ours:
                self._hierarchy = START
                self._current("")
        return self._folders[recorded]

    def _key(self, folder: Folder | None, recorded: str) -> str:
        if recorded == START:
            return START
        place = "" if folder is None else str(folder.id)
        if (place, recorded) not in self._mapped:
            self._mapped[place, recorded] = self._current(place)
        return self._mapped[place, recorded]

    def _current(self, place: str) -> str:
        """The key that the device would have; the collection is begun first if need be."""
        if not place and self._hierarchy == START:
            body = folder_sync.REQUEST.encode(folder_sync.FolderSyncRequest(START), self.version)
            self.send(Command.FOLDER_SYNC, body)
        if place and self._keys.get(place, START) == START:
            while self._synced(place):
                pass
        return self._keys[place] if place else self._hierarchy

    def _synced(self, place: str) -> bool:
        """One Sync of a collection; whether it had anything to say (an old version says "nothing" by the same key)."""
        before = self._keys.get(place, START)
        request = SyncRequest((SyncCollection(before, place),))
        outcome = self.send(Command.SYNC, sync.REQUEST.encode(request, self.version))
        return isinstance(outcome, Answer) and bool(outcome.body) and self._keys[place] != before

    def _item(self, folder: Folder, recorded: str) -> str:
        if recorded not in self._items:
            there = [item for item in self.world.items(folder.id) if item not in self._items.values()]
            self._items[recorded] = there[0] if there else f"{folder.id}:999"
        return self._items[recorded]
