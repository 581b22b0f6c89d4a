"""The registry: which commands there are, in the order in which they are advertised."""

from collections.abc import Mapping

from easd.eas.commands import (
    find as find_tables,
    folder_create as folder_create_tables,
    folder_delete as folder_delete_tables,
    folder_sync as folder_sync_tables,
    folder_update as folder_update_tables,
    get_item_estimate as get_item_estimate_tables,
    item_operations as item_operations_tables,
    meeting_response as meeting_response_tables,
    move_items as move_items_tables,
    ping as ping_tables,
    provision as provision_tables,
    resolve_recipients as resolve_recipients_tables,
    search as search_tables,
    settings as settings_tables,
    sync as sync_tables,
    validate_cert as validate_cert_tables,
)
from easd.eas.request import Command
from easd.eas.status import (
    FindStatus,
    FolderSyncStatus,
    ItemOperationsStatus,
    PingStatus,
    ProvisionStatus,
    ResolveRecipientsStatus,
    SearchStatus,
    SettingsStatus,
    SyncStatus,
    ValidateCertStatus,
)
from easd.eas.versions import V12_0, V12_1, V16_1, since, until
from easd.service import (
    folder_commands,
    folder_sync,
    get_attachment,
    get_hierarchy,
    get_item_estimate,
    move_items,
    ping,
    provision,
    resolve_recipients,
    send_mail,
    settings,
    smart_mail,
    validate_cert,
)
from easd.service.item_operations import handler as item_operations
from easd.service.meetings import responding
from easd.service.partnership import forget_sync
from easd.service.registry import Entry, Inner
from easd.service.search import find, search
from easd.service.sync import handler as sync

COMMANDS: Mapping[Command, Entry] = {
    entry.command: entry
    for entry in (
        Entry(
            Command.SYNC,
            "AirSync:Sync",
            sync.handle,
            sync_tables.REQUEST,
            SyncStatus.PROTOCOL_ERROR,
            empty_body=True,
            unread=forget_sync,
        ),
        Entry(Command.SEND_MAIL, "ComposeMail:SendMail", send_mail.handle),
        Entry(Command.SMART_FORWARD, "ComposeMail:SmartForward", smart_mail.forward),
        Entry(Command.SMART_REPLY, "ComposeMail:SmartReply", smart_mail.reply),
        Entry(Command.GET_ATTACHMENT, "", get_attachment.handle, empty_body=True, versions=until(V12_1)),
        Entry(Command.GET_HIERARCHY, "", get_hierarchy.handle, empty_body=True, versions=until(V12_1)),
        Entry(
            Command.FOLDER_SYNC,
            "FolderHierarchy:FolderSync",
            folder_sync.handle,
            folder_sync_tables.REQUEST,
            FolderSyncStatus.MALFORMED_REQUEST,
        ),
        Entry(
            Command.FOLDER_CREATE,
            "FolderHierarchy:FolderCreate",
            folder_commands.create,
            folder_create_tables.REQUEST,
            FolderSyncStatus.MALFORMED_REQUEST,
        ),
        Entry(
            Command.FOLDER_DELETE,
            "FolderHierarchy:FolderDelete",
            folder_commands.delete,
            folder_delete_tables.REQUEST,
            FolderSyncStatus.MALFORMED_REQUEST,
        ),
        Entry(
            Command.FOLDER_UPDATE,
            "FolderHierarchy:FolderUpdate",
            folder_commands.update,
            folder_update_tables.REQUEST,
            FolderSyncStatus.MALFORMED_REQUEST,
        ),
        Entry(Command.MOVE_ITEMS, "Move:MoveItems", move_items.handle, move_items_tables.REQUEST),
        Entry(
            Command.GET_ITEM_ESTIMATE,
            "GetItemEstimate:GetItemEstimate",
            get_item_estimate.handle,
            get_item_estimate_tables.REQUEST,
        ),
        Entry(
            Command.MEETING_RESPONSE,
            "MeetingResponse:MeetingResponse",
            responding.handle,
            meeting_response_tables.REQUEST,
            result="MeetingResponse:Result",  # MS-ASCMD R2731, R4792
        ),
        Entry(
            Command.SEARCH,
            "Search:Search",
            search.handle,
            search_tables.REQUEST,
            # MS-ASAIRS R10033-R10036, MS-ASEMAIL R68: as an item's status, which MS-ASCMD R4329 knows, R4321 does not
            inner=Inner("Search/Store", SearchStatus.INVALID_REQUEST, search.failed),
        ),
        Entry(
            Command.SETTINGS,
            "Settings:Settings",
            settings.handle,
            settings_tables.REQUEST,
            SettingsStatus.PROTOCOL_ERROR,
            versions=since(V12_0),
        ),
        Entry(
            Command.PING,
            "Ping:Ping",
            ping.handle,
            ping_tables.REQUEST,
            PingStatus.SYNTAX_ERROR,
            empty_body=True,
            under_policy=False,
        ),
        Entry(
            Command.ITEM_OPERATIONS,
            "ItemOperations:ItemOperations",
            item_operations.handle,
            item_operations_tables.REQUEST,
            ItemOperationsStatus.PROTOCOL_ERROR,
            versions=since(V12_0),
        ),
        Entry(
            Command.PROVISION,
            "Provision:Provision",
            provision.handle,
            provision_tables.REQUEST,
            ProvisionStatus.PROTOCOL_ERROR,
            under_policy=False,
        ),
        Entry(
            Command.RESOLVE_RECIPIENTS,
            "ResolveRecipients:ResolveRecipients",
            resolve_recipients.handle,
            resolve_recipients_tables.REQUEST,
            ResolveRecipientsStatus.PROTOCOL_ERROR,
        ),
        Entry(
            Command.VALIDATE_CERT,
            "ValidateCert:ValidateCert",
            validate_cert.handle,
            validate_cert_tables.REQUEST,
            ValidateCertStatus.PROTOCOL_ERROR,
        ),
        Entry(
            Command.FIND,
            "Find:Find",
            find.handle,
            find_tables.REQUEST,
            FindStatus.INVALID_REQUEST,
            versions=since(V16_1),
            inner=Inner("Find", FindStatus.INVALID_REQUEST, find.failed),
        ),
    )
}
