"""The numbers in Status elements, by command, with their meaning in words (MS-ASCMD Status, 2.2.4; MS-ASPROV)."""

from enum import IntEnum
from typing import Self


class StatusCode(IntEnum):
    """A status and what it means; `meaning` reads after "the server says that" or alone in a log line."""

    meaning: str

    def __new__(cls, value: int, meaning: str = "") -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    @property
    def words(self) -> str:
        """The name in words: "invalid sync key"."""
        return self.name.lower().replace("_", " ")


class CommonStatus(StatusCode):
    """Statuses that every command may answer from 14.0 on (MS-ASCMD 2.2.4); the comments name the requirements."""

    INVALID_CONTENT = 101, "the body of the request is not what its Content-Type and length say"  # R4810
    INVALID_WBXML = 102, "the WBXML of the request cannot be decoded"  # R4814
    INVALID_XML = 103, "the request does not follow the protocol"  # R4816
    INVALID_DATE_TIME = 104, "the request holds a date that cannot be read"  # R4818
    INVALID_COMBINATION_OF_IDS = 105, "the request combines things that exclude each other"  # R4820
    INVALID_IDS = 106, "the request holds an id that cannot be read"  # R4822
    INVALID_MIME = 107, "the MIME message cannot be read"  # R4825
    DEVICE_ID_MISSING_OR_INVALID = 108, "the device id is missing or malformed"  # R4827
    DEVICE_TYPE_MISSING_OR_INVALID = 109, "the device type is missing or malformed"  # R4829
    SERVER_ERROR = 110, "the server failed; trying again later will not help"  # R4831
    SERVER_ERROR_RETRY_LATER = 111, "the server failed; try again later"  # R4833
    DIRECTORY_ACCESS_DENIED = 112, "the server may not read or write an object of the directory"  # R4835
    MAILBOX_QUOTA_EXCEEDED = 113, "the mailbox is full"  # R4837
    MAILBOX_SERVER_OFFLINE = 114, "the mailbox server is offline"  # R4839
    SEND_QUOTA_EXCEEDED = 115, "the request would exceed the sending quota"  # R4841
    MESSAGE_RECIPIENT_UNRESOLVED = 116, "a recipient could not be resolved"  # R4843
    MESSAGE_REPLY_NOT_ALLOWED = 117, "this message may not be replied to"  # R4845
    MESSAGE_PREVIOUSLY_SENT = 118, "a message with this ClientId was sent before"  # R4847
    MESSAGE_HAS_NO_RECIPIENT = 119, "the message has no recipient"  # R4852
    MAIL_SUBMISSION_FAILED = 120, "the message could not be submitted"  # R4856
    MESSAGE_REPLY_FAILED = 121, "the reply could not be made"  # R4857
    ATTACHMENT_IS_TOO_LARGE = 122, "the attachment is too large"  # R4859
    USER_HAS_NO_MAILBOX = 123, "the user has no mailbox"  # R4861
    USER_CANNOT_BE_ANONYMOUS = 124, "the request came without credentials"  # R4863
    USER_PRINCIPAL_COULD_NOT_BE_FOUND = 125, "the user is not in the directory"  # R4866
    USER_DISABLED_FOR_SYNC = 126, "the user is not allowed to use ActiveSync"  # R4868
    USER_ON_NEW_MAILBOX_CANNOT_SYNC = 127, "this server does not let users synchronise"  # R4870
    USER_ON_LEGACY_MAILBOX_CANNOT_SYNC = 128, "users on older servers are not let synchronise"  # R4872
    DEVICE_IS_BLOCKED_FOR_THIS_USER = 129, "this device is blocked for this user"  # R4874
    ACCESS_DENIED = 130, "the user may not do this"  # R4877
    ACCOUNT_DISABLED = 131, "the account is disabled"  # R4879
    SYNC_STATE_NOT_FOUND = 132, "the state kept for this device is missing"  # R4881
    SYNC_STATE_LOCKED = 133, "the state kept for this device is locked"  # R4885
    SYNC_STATE_CORRUPT = 134, "the state kept for this device is damaged"  # R4887
    SYNC_STATE_ALREADY_EXISTS = 135, "the state kept for this device exists already"  # R4889
    SYNC_STATE_VERSION_INVALID = 136, "the state kept for this device is of another version"  # R4892
    COMMAND_NOT_SUPPORTED = 137, "the server does not know this command"  # R4894
    VERSION_NOT_SUPPORTED = 138, "this protocol version does not have this command"  # R4896
    DEVICE_NOT_FULLY_PROVISIONABLE = 139, "the device cannot apply all policies that are required"  # R4898
    REMOTE_WIPE_REQUESTED = 140, "the device is to wipe itself"  # R5279
    LEGACY_DEVICE_ON_STRICT_POLICY = 141, "the device cannot be provisioned and a policy is in force"  # R4903
    DEVICE_NOT_PROVISIONED = 142, "the device has not been provisioned"  # R4905
    POLICY_REFRESH = 143, "the device must provision again: the policy is to be refreshed"  # R4908
    INVALID_POLICY_KEY = 144, "the policy key is not valid"  # R4911
    EXTERNALLY_MANAGED_DEVICES_NOT_ALLOWED = 145, "devices managed by others are not allowed"  # R4916
    NO_RECURRENCE_IN_CALENDAR = 146, "the meeting has no such occurrence to forward"  # R4918
    UNEXPECTED_ITEM_CLASS = 147, "the server does not know items of this class"  # R4920
    REMOTE_SERVER_HAS_NO_SSL = 148, "the request needs another server, which has no TLS"  # R4922
    INVALID_STORED_REQUEST = 149, "the request that the server had stored is not valid"  # R4925
    ITEM_NOT_FOUND = 150, "the item was not found"  # R4929
    TOO_MANY_FOLDERS = 151, "the mailbox has too many folders"  # R4931
    NO_FOLDERS_FOUND = 152, "the mailbox has no folders"  # R4933
    ITEMS_LOST_AFTER_MOVE = 153, "items were lost after the move"  # R4935
    FAILURE_IN_MOVE_OPERATION = 154, "the move failed for an unknown reason"  # R4937
    MOVE_COMMAND_DISALLOWED_FOR_NON_PERSISTENT_MOVE_ACTION = 155, "a conversation can only be moved for good"  # R4939
    MOVE_COMMAND_INVALID_DESTINATION_FOLDER = 156, "the target folder of the move is not valid"  # R4941
    AVAILABILITY_TOO_MANY_RECIPIENTS = 160, "too many recipients to ask for their availability"  # R4943
    AVAILABILITY_DL_LIMIT_REACHED = 161, "the distribution list is too large to ask for availability"  # R4945
    AVAILABILITY_TRANSIENT_FAILURE = 162, "availability failed; try again later"  # R4947
    AVAILABILITY_FAILURE = 163, "availability failed"  # R4951
    BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED = 164, "BodyPartPreference asks for a type that is not supported"  # R5410
    DEVICE_INFORMATION_REQUIRED = 165, "the Provision request lacks DeviceInformation"  # R4953
    INVALID_ACCOUNT_ID = 166, "the AccountId is not valid"  # R4955
    ACCOUNT_SEND_DISABLED = 167, "this account cannot send"  # R4957
    IRM_FEATURE_DISABLED = 168, "rights management is disabled"  # R4959
    IRM_TRANSIENT_ERROR = 169, "rights management failed; try again later"  # R4961
    IRM_PERMANENT_ERROR = 170, "rights management failed for good"  # R4963
    IRM_INVALID_TEMPLATE_ID = 171, "the rights template is not valid"  # R4965
    IRM_OPERATION_NOT_PERMITTED = 172, "rights management does not allow this"  # R4967
    NO_PICTURE = 173, "the user has no picture"  # R4969
    PICTURE_TOO_LARGE = 174, "the picture is too large"  # R4971
    PICTURE_LIMIT_REACHED = 175, "there are more pictures than were asked for"  # R4973
    BODY_PART_CONVERSATION_TOO_LARGE = 176, "the conversation is too large for body parts"  # R4975
    MAXIMUM_DEVICES_REACHED = 177, "the user has too many devices"  # R4977
    INVALID_MIME_BODY_COMBINATION = 178, "Forwardees or a body cannot be combined with Mime"  # R7466
    INVALID_SMART_FORWARD_PARAMETERS = 179, "Forwardees or the body of a SmartForward cannot be read"  # R7469
    INVALID_RECIPIENTS = 183, "a draft to be sent has no valid recipient"  # R7471
    ONE_OR_MORE_EXCEPTIONS_FAILED = 184, "some exceptions of the recurrence could not be saved"  # R7473


class SyncStatus(StatusCode):
    """MS-ASCMD Status (Sync)."""

    SUCCESS = 1, "done"  # R4422
    INVALID_SYNC_KEY = 3, "the SyncKey is not valid: start again from 0"  # R4424
    PROTOCOL_ERROR = 4, "the request does not follow the protocol"  # R4429
    SERVER_ERROR = 5, "the server failed; try again"  # R4433
    CONVERSION_ERROR = 6, "the item is malformed: do not send it again"  # R4439
    CONFLICT = 7, "the item was changed on the server, and the server's change won"  # R4443
    OBJECT_NOT_FOUND = 8, "there is no such item"  # R4446
    CANNOT_COMPLETE = 9, "the command cannot be completed: the mailbox may be full"  # R4449
    HIERARCHY_CHANGED = 12, "the folders have changed: run FolderSync"  # R4452
    INCOMPLETE_REQUEST = 13, "nothing is remembered that completes this request: send it whole"  # R4455
    INVALID_WAIT = 14, "Wait or HeartbeatInterval is out of bounds: see Limit"  # R4458
    TOO_MANY_COLLECTIONS = 15, "too many collections in one request: see Limit"  # R4463
    RETRY = 16, "send the request again"  # R4466


class FolderSyncStatus(StatusCode):
    """MS-ASCMD Status (FolderSync); FolderCreate, FolderDelete and FolderUpdate share 2 to 12."""

    SUCCESS = 1, "done"  # R4073
    FOLDER_EXISTS = 2, "a folder of that name exists"  # Status (FolderCreate)
    SPECIAL_FOLDER = 3, "this is a special folder"  # Status (FolderCreate)
    FOLDER_NOT_FOUND = 4, "there is no such folder"  # Status (FolderDelete)
    PARENT_NOT_FOUND = 5, "there is no such parent folder"  # Status (FolderCreate)
    SERVER_ERROR = 6, "the server failed; try again"  # R4075
    INVALID_SYNC_KEY = 9, "the SyncKey is not valid: start again from 0"  # R4082
    MALFORMED_REQUEST = 10, "the request does not follow the protocol"  # R4085
    UNKNOWN_ERROR = 11, "the server failed for an unknown reason"  # R4088
    CODE_UNKNOWN = 12, "the server failed in an unusual way"  # R4093


class PingStatus(StatusCode):
    """MS-ASCMD Status (Ping)."""

    NO_CHANGES = 1, "the time is over and nothing has changed"  # R4233
    CHANGES = 2, "folders have changed"  # R4235
    MISSING_PARAMETERS = 3, "nothing is remembered that completes this request: send it whole"  # R4239
    SYNTAX_ERROR = 4, "the request does not follow the protocol"  # R4243
    INVALID_HEARTBEAT = 5, "HeartbeatInterval is out of bounds: the nearest one is in the answer"  # R4246
    TOO_MANY_FOLDERS = 6, "too many folders to watch: see MaxFolders"  # R4252
    HIERARCHY_CHANGED = 7, "the folders have changed: run FolderSync"  # R4256
    SERVER_ERROR = 8, "the server failed; try again"  # R4260


class GetItemEstimateStatus(StatusCode):
    """MS-ASCMD Status (GetItemEstimate)."""

    SUCCESS = 1, "done"  # R4133
    INVALID_COLLECTION = 2, "there is no such collection"  # R4135
    NOT_PRIMED = 3, "the collection has not been synchronised yet: Sync with SyncKey 0 first"  # R4139
    INVALID_SYNC_KEY = 4, "the SyncKey is not valid"  # R4142


class ItemOperationsStatus(StatusCode):
    """MS-ASCMD Status (ItemOperations)."""

    SUCCESS = 1, "done"  # R4153
    PROTOCOL_ERROR = 2, "the request does not follow the protocol"  # R4154
    SERVER_ERROR = 3, "the server failed"  # R4155
    BAD_URI = 4, "the link to the document is malformed"  # R4156
    DOCUMENT_ACCESS_DENIED = 5, "access to the document is denied"  # R4157
    NOT_FOUND = 6, "there is no such object"  # R4158
    CONNECTION_FAILED = 7, "the server of the document cannot be reached"  # R4159
    INVALID_RANGE = 8, "the byte range is not valid, or too large"  # R4160
    UNKNOWN_STORE = 9, "the store is unknown or not supported"  # R4161
    EMPTY_FILE = 10, "the file is empty"  # R4162
    TOO_LARGE = 11, "the data is too large"  # R4163
    IO_FAILURE = 12, "the file could not be read"  # R4164
    CONVERSION_FAILED = 14, "the item could not be converted"  # R4165
    INVALID_ATTACHMENT = 15, "there is no such attachment"  # R4166
    ACCESS_DENIED = 16, "access is denied"  # R4167
    PARTIAL_SUCCESS = 17, "done in part"  # R4168
    CREDENTIALS_REQUIRED = 18, "user name and password are needed"  # R4169
    MOVE_ALWAYS_MISSING = 155, "a conversation can only be moved for good: MoveAlways is missing"  # R4170
    NOT_SUPPORTED = 156, "this cannot be done"  # R4172


class MoveItemsStatus(StatusCode):
    """MS-ASCMD Status (MoveItems). 3 is success."""

    INVALID_SOURCE = 1, "there is no such item, or no such source folder"  # R4206
    INVALID_TARGET = 2, "there is no such target folder"  # R4211
    SUCCESS = 3, "done"  # R4215
    SAME_FOLDER = 4, "source and target are one folder"  # R4218
    CANNOT_MOVE = 5, "the item cannot be moved: more than one target, or an error at the target"  # R4221
    LOCKED = 7, "source or target is locked; try again"  # R4224


class MeetingResponseStatus(StatusCode):
    """MS-ASCMD Status (MeetingResponse)."""

    SUCCESS = 1, "done"  # R4179
    INVALID_MEETING_REQUEST = 2, "this is no meeting request that can be answered"  # R4181
    MAILBOX_ERROR = 3, "the mailbox failed; try again"  # R4188
    SERVER_ERROR = 4, "the server failed; try again"  # R4194


class ProvisionStatus(StatusCode):
    """MS-ASPROV Status (Provision): the whole command."""

    SUCCESS = 1, "done"  # MS-ASPROV R394
    PROTOCOL_ERROR = 2, "the request does not follow the protocol"  # MS-ASPROV R395
    SERVER_ERROR = 3, "the server failed"  # MS-ASPROV R396


class PolicyStatus(StatusCode):
    """MS-ASPROV Status (Policy) in responses."""

    SUCCESS = 1, "done"  # MS-ASPROV R378
    NO_POLICY = 2, "there is no policy for this device"  # MS-ASPROV R379
    UNKNOWN_TYPE = 3, "the PolicyType is unknown"  # MS-ASPROV R380
    CORRUPT = 4, "the policy on the server is damaged"  # MS-ASPROV R381
    WRONG_KEY = 5, "another policy key was acknowledged than was given"  # MS-ASPROV R382


class PolicyAcknowledgement(StatusCode):
    """MS-ASPROV Status (Policy) in requests."""

    APPLIED = 1, "the policy is applied"  # MS-ASPROV R386
    PARTLY_APPLIED = 2, "the policy is applied in part, the password at least"  # MS-ASPROV R387
    NOT_APPLIED = 3, "the policy is not applied"  # MS-ASPROV R388
    MANAGED_ELSEWHERE = 4, "the device is managed by a third party"  # MS-ASPROV R389


class WipeStatus(StatusCode):
    """MS-ASPROV Status (RemoteWipe) in requests."""

    DONE = 1, "the device has wiped itself"  # MS-ASPROV R402
    FAILED = 2, "the device could not wipe itself"  # MS-ASPROV R403


class SettingsStatus(StatusCode):
    """MS-ASCMD Status (Settings)."""

    SUCCESS = 1, "done"  # R4387
    PROTOCOL_ERROR = 2, "the request does not follow the protocol"  # R4388
    ACCESS_DENIED = 3, "access is denied"  # R5383
    SERVER_UNAVAILABLE = 4, "the server is not available"  # R5384
    INVALID_ARGUMENTS = 5, "an argument is not valid"  # R5702
    CONFLICTING_ARGUMENTS = 6, "arguments exclude each other"  # R5385
    DENIED_BY_POLICY = 7, "the policy does not allow it"  # R5581


class ResolveRecipientsStatus(StatusCode):
    """MS-ASCMD Status (ResolveRecipients) R4267-R4313."""

    SUCCESS = 1, "resolved, or what was asked for follows"
    AMBIGUOUS = 2, "the name may mean several people; all of them follow"
    AMBIGUOUS_PARTIAL = 3, "the name may mean several people; some of them follow"
    UNRESOLVED = 4, "the name means nobody"
    PROTOCOL_ERROR = 5, "a value is out of range"  # R4270
    SERVER_ERROR = 6, "the server failed"  # R4271
    NO_CERTIFICATE = 7, "the recipient has no valid certificate"  # R4304
    CERTIFICATE_LIMIT = 8, "there are more certificates than were asked for"  # R4305
    TOO_MANY_RECIPIENTS = 160, "the free and busy times of too many are asked for"  # R4293
    LARGE_GROUP = 161, "the group is too large for its free and busy times to be of use"  # R4294
    FREE_BUSY_LATER = 162, "it cannot be told now when the recipient is free"  # R4295
    NO_FREE_BUSY = 163, "it cannot be told when the recipient is free"  # R4298
    NO_PICTURE = 173, "the recipient has no picture"  # R4311


class ValidateCertStatus(StatusCode):
    """MS-ASCMD Status (ValidateCert) R4473-R4522."""

    SUCCESS = 1, "the certificate is valid"
    PROTOCOL_ERROR = 2, "the request does not follow the protocol"  # R4476
    BAD_SIGNATURE = 3, "the signature of the certificate is invalid"  # R4479
    UNTRUSTED_SOURCE = 4, "the certificate's source is not trusted"  # R4482
    BAD_CHAIN = 5, "the certificate chain is not formed correctly"  # R4485
    NOT_FOR_SIGNING_MAIL = 6, "the certificate is not meant for signing mail"  # R4488
    EXPIRED = 7, "the certificate has expired or is not valid yet"  # R4491
    CHAIN_EXPIRED = 8, "a certificate of the chain is out of date"  # R4494
    USED_INCORRECTLY = 9, "the certificate is not valid for what it is used for"  # R4497
    MISSING_OR_INCORRECT = 10, "the certificate cannot be read"  # R4500
    WRONG_ROLE = 11, "an end certificate is used as an authority, or the other way round"  # R4504
    ADDRESS_MISMATCH = 12, "the certificate does not match the address"  # R4506
    REVOKED = 13, "the certificate has been revoked"  # R4509
    REVOCATION_SERVER_OFFLINE = 14, "the revocation server is offline"  # R4512
    CHAIN_REVOKED = 15, "a certificate of the chain has been revoked"  # R4515
    REVOCATION_UNKNOWN = 16, "the revocation status cannot be determined"  # R4518
    UNKNOWN_ERROR = 17, "an unknown error"  # R5864


class SearchStatus(StatusCode):
    """MS-ASCMD Status (Search). Of the whole answer 1 and 3 (R4321), of its store all (R4325)."""

    SUCCESS = 1, "done"  # R4327
    INVALID_REQUEST = 2, "a parameter of the search is not valid"  # R4329
    SERVER_ERROR = 3, "the server failed; try again"  # R4332
    BAD_LINK = 4, "the link to the document is malformed"  # R4336
    ACCESS_DENIED = 5, "access to the document is denied"  # R4339
    NOT_FOUND = 6, "there is no such document"  # R4342
    CONNECTION_FAILED = 7, "the server of the document cannot be reached"  # R4345
    TOO_COMPLEX = 8, "the query is too complex"  # R4350
    TIMED_OUT = 10, "the search took too long"  # R4354
    FOLDER_SYNC_REQUIRED = 11, "there is no such folder: run FolderSync"  # R4358
    END_OF_RANGE = 12, "the range goes past what can be retrieved"  # R4361
    ACCESS_BLOCKED = 13, "access to the document is blocked"  # R4364
    CREDENTIALS_REQUIRED = 14, "user name and password are needed"  # R4367


class FindStatus(StatusCode):
    """MS-ASCMD Status (Find): of the whole answer 1 to 3, of its Response 1, 2 and 4."""

    SUCCESS = 1, "done"  # R72172509, R72172520
    INVALID_REQUEST = 2, "a parameter of the search is not valid"  # R72172512, R72172521
    FOLDER_SYNC_REQUIRED = 3, "there is no such folder: run FolderSync"  # R72172515
    START_WITH_RANGE_ZERO = 4, "the range does not begin with 0"  # R72172518


class BodyPartStatus(StatusCode):
    """MS-ASAIRS Status (BodyPart)."""

    SUCCESS = 1, "done"
    TOO_LONG = 176, "the conversation is too large for body parts"


class EasError(Exception):
    """A failure that the protocol has a status for: the handler's answer carries it in band."""

    def __init__(self, status: StatusCode, detail: str = "") -> None:
        super().__init__(f"status {status.value}, {status.meaning}{f' ({detail})' if detail else ''}")
        self.status = status
        self.detail = detail
