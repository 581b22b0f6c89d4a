"""The commands of a device beside FolderSync and Sync: each a typed question and its answer."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import uuid4

from easd.client.errors import ProtocolViolation, StatusFailure, Unreachable
from easd.client.mail import MailItem
from easd.client.replica import Replica
from easd.client.session import Reply, Session, read
from easd.client.transport import Call
from easd.eas.commands import (
    find,
    get_item_estimate,
    item_operations,
    meeting_response,
    move_items,
    ping,
    search,
    send_mail,
    settings,
)
from easd.eas.commands.find import (
    ExecuteSearch,
    FindRequest,
    FindResults,
    GalCriterion,
    MailBoxCriterion,
)
from easd.eas.commands.folder_sync import FolderEntry
from easd.eas.commands.get_item_estimate import EstimateCollection, GetItemEstimateRequest
from easd.eas.commands.item_operations import (
    MAILBOX,
    ByteRange,
    EmptyFolderContents,
    EmptyOptions,
    Fetch,
    Fetched,
    FetchOptions,
    FileProperties,
    ItemOperationsRequest,
    MoveConversation,
    MoveOptions,
    Operation,
    OperationResult,
)
from easd.eas.commands.meeting_response import MeetingAnswer, MeetingResponseRequest, MeetingResult
from easd.eas.commands.move_items import Move, MoveItemsRequest, MoveResult
from easd.eas.commands.options import Options
from easd.eas.commands.ping import PingFolder, PingRequest, PingResponse
from easd.eas.commands.search import (
    GAL,
    MAILBOX as SEARCHED_MAILBOX,
    And,
    Part,
    SearchOptions,
    SearchRequest,
    SearchStore,
    StoreResult,
)
from easd.eas.commands.send_mail import SendMailRequest, SmartRequest, Source
from easd.eas.commands.settings import (
    DeviceInformationSet,
    Get,
    SettingsRequest,
    SettingsResponse,
    UserInformation,
)
from easd.eas.request import Command
from easd.eas.schema import Document
from easd.eas.status import (
    CommonStatus,
    FindStatus,
    GetItemEstimateStatus,
    ItemOperationsStatus,
    PingStatus,
    SearchStatus,
    SettingsStatus,
)
from easd.eas.versions import DIALECTS
from easd.model.body import BodyPreference
from easd.model.device import DeviceInformation
from easd.model.folder import CLASS_OF_FOLDER, FolderType, ItemClass
from easd.wbxml import Element, tag

ANYTHING = SearchOptions()
"""No wishes: the newest hundred."""
_DATA = tag("AirSyncBase:Data")
_PART = tag("ItemOperations:Part")
_RFC822 = "message/rfc822"


class Operations:
    """What a device can ask. `folders` and `replica` are what it holds."""

    session: Session
    folders: dict[str, FolderEntry]
    replica: Replica

    def class_of(self, collection_id: str) -> ItemClass:
        """The class of a collection's items, by the type of its folder; mail where the folder is not known."""
        folder = self.folders.get(collection_id)
        if folder is None or folder.type not in FolderType.__members__.values():
            return ItemClass.EMAIL
        return CLASS_OF_FOLDER.get(FolderType(folder.type), ItemClass.EMAIL)

    async def get_item_estimate(self, collection_id: str, filter_type: int | None = None) -> int:
        """How many items a Sync with the collection's key would send. StatusFailure for any status but success."""
        collection = EstimateCollection(
            sync_key=self.replica[collection_id].sync_key,
            collection_id=collection_id,
            class_=self.class_of(collection_id),
            filter_type=filter_type,
            options=() if filter_type is None else (Options(filter_type=filter_type),),
        )
        told = await self.session.command(
            Command.GET_ITEM_ESTIMATE,
            get_item_estimate.REQUEST,
            get_item_estimate.RESPONSE,
            GetItemEstimateRequest((collection,)),
        )
        status = told.responses[0].status if told.responses else told.status or 0
        estimated = told.responses[0].collection if told.responses else None
        if status != GetItemEstimateStatus.SUCCESS:
            raise StatusFailure("GetItemEstimate", status, GetItemEstimateStatus)
        if estimated is None or estimated.estimate is None:
            raise ProtocolViolation("GetItemEstimate: success without an estimate")
        return estimated.estimate

    async def ping(self, collection_ids: Iterable[str] | None = None, heartbeat: int | None = None) -> PingResponse:
        """Wait until a collection changes or `heartbeat` seconds pass; without arguments as the last time (empty body).

        Status 1 (no changes) and 2 (changes) are returned, and 5, 6 and 7 too, for which the device must act itself;
        StatusFailure for the others.
        """
        folders = None
        if collection_ids is not None:
            folders = tuple(PingFolder(name, self.class_of(name)) for name in collection_ids)
        request = PingRequest(heartbeat, folders)
        told = await self.session.command(
            Command.PING,
            ping.REQUEST,
            ping.RESPONSE,
            request,
            held=float(heartbeat or 3600),
            empty=request == PingRequest(),
        )
        if told.status in (PingStatus.MISSING_PARAMETERS, PingStatus.SYNTAX_ERROR) or told.status >= 8:
            raise StatusFailure("Ping", told.status, PingStatus)
        return told

    # ---------------------------------------------------------------- ItemOperations

    async def item_operations(
        self, operations: Sequence[Operation], *, multipart: bool = False
    ) -> tuple[OperationResult, ...]:
        """Carry out operations in their order; with `multipart` the data comes as parts, and is put in its place."""
        version = await self.session.version()
        body = item_operations.REQUEST.encode(ItemOperationsRequest(tuple(operations)), version)
        reply = await self.session.ask(Call(Command.ITEM_OPERATIONS, body, multipart=multipart))
        if reply.root is None:
            raise ProtocolViolation("ItemOperations: an empty answer")
        told = read(item_operations.RESPONSE, reply.root, version)
        if told.status != ItemOperationsStatus.SUCCESS:
            raise StatusFailure("ItemOperations", told.status, ItemOperationsStatus)
        results = told.response.results if told.response else ()
        if len(results) != len(operations):
            raise ProtocolViolation(f"ItemOperations: {len(results)} answers to {len(operations)} operations")
        return tuple(_whole(result, reply) for result in results)

    async def fetch_item(
        self,
        collection_id: str,
        server_id: str,
        preferences: tuple[BodyPreference, ...] = (),
        *,
        mime_support: int | None = None,
        multipart: bool = False,
    ) -> MailItem:
        """One message, with the body that the preferences ask for."""
        options = FetchOptions(body_preferences=preferences, mime_support=mime_support)
        fetch = Fetch(MAILBOX, collection_id=collection_id, server_id=server_id, options=options)
        (result,) = await self.item_operations([fetch], multipart=multipart)
        properties = _fetched(result)
        if not isinstance(properties, Element):
            raise ProtocolViolation(f"ItemOperations: no item in the answer for {server_id}")
        return MailItem.of(server_id, properties, await self.session.version())

    async def fetch_attachment(
        self, file_reference: str, range_: ByteRange | None = None, *, multipart: bool = False
    ) -> FileProperties:
        """An attachment, or the bytes of it that `range_` names; of an empty one, no bytes (MS-ASCMD R4162)."""
        fetch = Fetch(MAILBOX, file_reference=file_reference, options=FetchOptions(range=range_))
        (result,) = await self.item_operations([fetch], multipart=multipart)
        if result.status == ItemOperationsStatus.EMPTY_FILE:
            return FileProperties(data=b"")
        properties = _fetched(result)
        if not isinstance(properties, FileProperties):
            raise ProtocolViolation(f"ItemOperations: no file in the answer for {file_reference}")
        return properties

    async def get_attachment(self, name: str) -> bytes:
        """A file by GetAttachment (until 12.1). HttpFailure 500 if it is gone."""
        return await self.session.download(Call(Command.GET_ATTACHMENT, parameters={"AttachmentName": name}))

    async def empty_folder(self, collection_id: str, *, sub_folders: bool = False) -> None:
        """Delete all that a folder holds."""
        (result,) = await self.item_operations([EmptyFolderContents(collection_id, EmptyOptions(sub_folders))])
        if result.status != ItemOperationsStatus.SUCCESS:
            raise StatusFailure("EmptyFolderContents", result.status, ItemOperationsStatus)

    async def always_move(self, conversation_id: bytes, target_id: str) -> None:
        """Move a conversation to a folder, now and always (14.0 and later); to Deleted Items is to ignore it."""
        (result,) = await self.item_operations(
            [MoveConversation(conversation_id, target_id, MoveOptions(move_always=""))]
        )
        if result.status != ItemOperationsStatus.SUCCESS:
            raise StatusFailure("Move", result.status, ItemOperationsStatus)

    # ---------------------------------------------------------------- searching

    async def search(self, query: tuple[Part, ...] | str, options: SearchOptions = ANYTHING) -> StoreResult:
        """Search the mailbox for parts (in one And), or the GAL for a text. StatusFailure unless the store answers 1,
        or 12 (there is more than can be had).
        """
        where = SearchStore(GAL, query, options)
        if not isinstance(query, str):
            where = SearchStore(SEARCHED_MAILBOX, (And(query),), options)
        request = SearchRequest((where,))
        told = await self.session.command(Command.SEARCH, search.REQUEST, search.RESPONSE, request)
        if told.status != SearchStatus.SUCCESS:
            raise StatusFailure("Search", told.status, SearchStatus)
        if told.response is None:
            raise ProtocolViolation("Search: success without a response")
        found = told.response.store
        if found.status not in (SearchStatus.SUCCESS, SearchStatus.END_OF_RANGE):
            raise StatusFailure("Search", found.status, SearchStatus)
        return found

    async def find(self, criterion: MailBoxCriterion | GalCriterion, search_id: str = "") -> FindResults:
        """Find messages by KQL, or people (16.1). Further pages are asked for under the `search_id` of the first.
        StatusFailure unless both statuses are 1.
        """
        named = ExecuteSearch(criterion) if isinstance(criterion, MailBoxCriterion) else ExecuteSearch(gal=criterion)
        request = FindRequest(search_id or str(uuid4()), named)
        told = await self.session.command(Command.FIND, find.REQUEST, find.RESPONSE, request)
        if told.status != FindStatus.SUCCESS:
            raise StatusFailure("Find", told.status, FindStatus)
        if told.response is None:
            raise ProtocolViolation("Find: success without a response")
        if told.response.status != FindStatus.SUCCESS:
            raise StatusFailure("Find", told.response.status, FindStatus)
        return told.response

    # ---------------------------------------------------------------- moving, sending, settings

    async def move_items(self, moves: Iterable[tuple[str, str, str]]) -> tuple[MoveResult, ...]:
        """Move items, each given as (ServerId, its folder, the target folder); the answers, each with its own status.

        The replica stays as it is: the next Sync of both folders tells what has become of them.
        """
        asked = tuple(Move(*move) for move in moves)
        request = MoveItemsRequest(asked)
        document = move_items
        try:
            told = await self.session.command(Command.MOVE_ITEMS, document.REQUEST, document.RESPONSE, request)
        except Unreachable:
            self.replica.unheard(asked)
            raise
        if told.status is not None:
            raise StatusFailure("MoveItems", told.status, CommonStatus)
        self.replica.moved(asked, told.responses)
        return told.responses

    async def meeting_response(self, answers: Iterable[MeetingAnswer]) -> tuple[MeetingResult, ...]:
        """Answer meetings; the answers of the server, each with its own status."""
        request = MeetingResponseRequest(tuple(answers))
        document = meeting_response
        told = await self.session.command(Command.MEETING_RESPONSE, document.REQUEST, document.RESPONSE, request)
        return told.results

    async def send_mail(self, mime: bytes, *, client_id: str | None = None, save_in_sent: bool = True) -> None:
        """Send an RFC 5322 message. The same `client_id` again makes the server answer Status 118."""
        version = await self.session.version()
        if not DIALECTS[version].send_mail_is_wbxml:
            await self._sent(Call(Command.SEND_MAIL, mime, content_type=_RFC822, save_in_sent=save_in_sent))
            return
        request = SendMailRequest(client_id or new_client_id(), mime, save_in_sent=save_in_sent)
        await self._sent(Call(Command.SEND_MAIL, send_mail.REQUEST.encode(request, version)))

    async def smart_reply(
        self, source: Source, mime: bytes, *, client_id: str | None = None, replace_mime: bool = False
    ) -> None:
        """Answer a message: the server adds the original, unless `replace_mime` (14.0 and later, as `client_id`)."""
        request = SmartRequest(client_id or new_client_id(), source, mime, save_in_sent=True, replace_mime=replace_mime)
        await self._smart(Command.SMART_REPLY, send_mail.REPLY_REQUEST, request)

    async def smart_forward(
        self, source: Source, mime: bytes, *, client_id: str | None = None, replace_mime: bool = False
    ) -> None:
        """Forward a message, likewise."""
        request = SmartRequest(client_id or new_client_id(), source, mime, save_in_sent=True, replace_mime=replace_mime)
        await self._smart(Command.SMART_FORWARD, send_mail.FORWARD_REQUEST, request)

    async def _smart(self, command: Command, document: Document[SmartRequest], request: SmartRequest) -> None:
        """In the form of the version: before 14.0 the address names the source (MS-ASHTTP R79-R86)."""
        version, source = await self.session.version(), request.source
        if not DIALECTS[version].send_mail_is_wbxml:
            names = {
                "CollectionId": source.folder_id,
                "ItemId": source.item_id,
                "LongId": source.long_id,
                "Occurrence": source.instance_id,
            }
            told = {name: value for name, value in names.items() if value}
            await self._sent(Call(command, request.mime, content_type=_RFC822, parameters=told, save_in_sent=True))
            return
        await self._sent(Call(command, document.encode(request, version)))

    async def _sent(self, call: Call) -> None:
        """Success is an empty answer (MS-ASCMD SendMail); a document says why it failed."""
        reply = await self.session.ask(call)
        if reply.root is None:
            return
        status = reply.root.find(tag("ComposeMail:Status"))
        number = int(status.text) if status is not None and status.text.isdecimal() else 0
        raise StatusFailure(call.command.wire_name, number, CommonStatus)

    async def settings(self, request: SettingsRequest) -> SettingsResponse:
        """Read or write settings. StatusFailure if the whole failed; statuses of the parts are in the answer."""
        told = await self.session.command(Command.SETTINGS, settings.REQUEST, settings.RESPONSE, request)
        if told.status not in (None, SettingsStatus.SUCCESS):
            raise StatusFailure("Settings", told.status or 0, SettingsStatus)
        return told

    async def user_information(self) -> UserInformation:
        """The user's addresses and accounts."""
        told = (await self.settings(SettingsRequest(user_information=Get()))).user_information
        if told is None or told.get is None:
            raise ProtocolViolation("Settings: no UserInformation in the answer")
        return told.get

    async def describe(self, information: DeviceInformation) -> None:
        """Tell the server what this device is."""
        request = SettingsRequest(device_information=DeviceInformationSet(information))
        told = (await self.settings(request)).device_information
        status = told.status if told else None
        if status != SettingsStatus.SUCCESS:
            raise StatusFailure("Settings (DeviceInformation)", status or 0, SettingsStatus)


def new_client_id() -> str:
    """A ClientId that no other message has; 32 of the 40 characters allowed."""
    return uuid4().hex


def _fetched(result: OperationResult) -> bytes | Element | FileProperties | None:
    if result.status != ItemOperationsStatus.SUCCESS:
        raise StatusFailure("Fetch", result.status, ItemOperationsStatus)
    if not isinstance(result, Fetched):
        raise ProtocolViolation(f"ItemOperations: a Fetch is answered by {type(result).__name__}")
    return result.properties


def _whole(result: OperationResult, reply: Reply) -> OperationResult:
    """The result with its data in it, where that came as a part (MS-ASCMD Part)."""
    if not isinstance(result, Fetched):
        return result
    properties = result.properties
    if isinstance(properties, FileProperties) and properties.part is not None:
        return replace(result, properties=replace(properties, data=_part(reply, properties.part), part=None))
    if isinstance(properties, Element):
        return replace(result, properties=_with_parts(properties, reply))
    return result


def _with_parts(element: Element, reply: Reply) -> Element:
    if element.tag == _PART:
        number = int(element.text) if element.text.isdecimal() else -1
        return Element(_DATA, _part(reply, number))
    if not element.children:
        return element
    return Element(element.tag, [_with_parts(child, reply) for child in element.children])


def _part(reply: Reply, number: int) -> bytes:
    if not 1 <= number < len(reply.parts):
        raise ProtocolViolation(f"ItemOperations: there is no part {number}")
    return reply.parts[number]
