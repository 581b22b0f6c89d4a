"""Where libwbxml 0.11.8 and MS-ASWBXML differ, as data; the code pages here follow MS-ASWBXML."""

LONGER_NAMES = {
    "Email:Type": "Recurrence_Type",
    "Email:Until": "Recurrence_Until",
    "Email:Occurrences": "Recurrence_Occurrences",
    "Email:Interval": "Recurrence_Interval",
    "Email:DayOfWeek": "Recurrence_DayOfWeek",
    "Email:DayOfMonth": "Recurrence_DayOfMonth",
    "Email:WeekOfMonth": "Recurrence_WeekOfMonth",
    "Email:MonthOfYear": "Recurrence_MonthOfYear",
    "Calendar:Email": "Attendee_Email",
    "Calendar:Name": "Attendee_Name",
    "Calendar:Deleted": "Exception_Deleted",
    "Calendar:Type": "Recurrence_Type",
    "Calendar:Until": "Recurrence_Until",
    "Calendar:Occurrences": "Recurrence_Occurrences",
    "Calendar:Interval": "Recurrence_Interval",
    "Calendar:DayOfWeek": "Recurrence_DayOfWeek",
    "Calendar:DayOfMonth": "Recurrence_DayOfMonth",
    "Calendar:WeekOfMonth": "Recurrence_WeekOfMonth",
    "Calendar:MonthOfYear": "Recurrence_MonthOfYear",
    "Tasks:Type": "Recurrence_Type",
    "Tasks:Start": "Recurrence_Start",
    "Tasks:Until": "Recurrence_Until",
    "Tasks:Occurrences": "Recurrence_Occurrences",
    "Tasks:Interval": "Recurrence_Interval",
    "Tasks:DayOfMonth": "Recurrence_DayOfMonth",
    "Tasks:DayOfWeek": "Recurrence_DayOfWeek",
    "Tasks:WeekOfMonth": "Recurrence_WeekOfMonth",
    "Tasks:MonthOfYear": "Recurrence_MonthOfYear",
    "Tasks:Regenerate": "Recurrence_Regenerate",
    "Tasks:DeadOccur": "Recurrence_DeadOccur",
}
"""libwbxml puts the parent's name before the element's, to keep names of a page apart."""

SHORTER_NAMES = {
    "Contacts:BusinessAddressCity": "BusinessCity",
    "Contacts:BusinessAddressCountry": "BusinessCountry",
    "Contacts:BusinessAddressPostalCode": "BusinessPostalCode",
    "Contacts:BusinessAddressState": "BusinessState",
    "Contacts:BusinessAddressStreet": "BusinessStreet",
    "Contacts:HomeAddressCity": "HomeCity",
    "Contacts:HomeAddressCountry": "HomeCountry",
    "Contacts:HomeAddressPostalCode": "HomePostalCode",
    "Contacts:HomeAddressState": "HomeState",
    "Contacts:HomeAddressStreet": "HomeStreet",
    "Contacts:OtherAddressCity": "OtherCity",
    "Contacts:OtherAddressCountry": "OtherCountry",
    "Contacts:OtherAddressPostalCode": "OtherPostalCode",
    "Contacts:OtherAddressState": "OtherState",
    "Contacts:OtherAddressStreet": "OtherStreet",
}
"""libwbxml leaves "Address" out of the names of postal addresses."""

OTHER_SPELLING = {
    "Email:ReplyTo": "Reply-To",
    "Email:DtStamp": "DTStamp",
    "Email:AttOid": "AttOId",
    "Calendar:Timezone": "TimeZone",
    "Calendar:DtStamp": "DTStamp",
    "Calendar:ExceptionStartTime": "Exception_StartTime",
    "Calendar:OrganizerEmail": "Organizer_Email",
    "Calendar:OrganizerName": "Organizer_Name",
    "Calendar:AttendeeStatus": "Attendee_Status",
    "Calendar:AttendeeType": "Attendee_Type",
    "Calendar:CompressedRTF": "Compressed_RTF",
    "Tasks:UtcDueDate": "UTCDueDate",
    "Tasks:UtcStartDate": "UTCStartDate",
    "Settings:SMTPAddress": "SmtpAddress",
    "ComposeMail:Mime": "MIME",
}
"""The same words in other letters: upper and lower case, `_`, `-`."""

OTHER_NAMES = {
    "Contacts:AssistantPhoneNumber": "AssistantTelephoneNumber",
    "Email:Status": "FlagStatus",
    "Provision:RequireStorageCardEncryption": "DeviceEncryptionEnabled",
    "Settings:RightsManagementInformation": "ihsManagementInformation",
    "ComposeMail:Name": "ForwardeeName",
    "ComposeMail:Email": "ForwardeeEmail",
    "RightsManagement:Owner": "RMOwner",
    "RightsManagement:RemoveRightsManagementProtection": "RemoveRightsManagementDistribution",
}
"""Other words for the same token: names of earlier drafts, and one slip of the pen (`ihsManagementInformation`)."""

OTHER_NAMESPACES = {"GAL": "Gal"}
"""MS-ASWBXML R26 writes Gal, the published schema GAL; only the number of the page is on the wire."""

UNKNOWN_PAGES = {"Find"}
"""Code pages that libwbxml does not have: Find came with version 16.1."""

UNKNOWN_NAMES = {
    "Calendar:Attachment": "2.5 only",
    "Calendar:Attachments": "2.5 only",
    "Calendar:AttName": "2.5 only",
    "Calendar:AttSize": "2.5 only",
    "Calendar:AttOid": "2.5 only",
    "Calendar:AttMethod": "2.5 only",
    "Calendar:AttRemoved": "2.5 only",
    "Calendar:DisplayName": "2.5 only",
    "ComposeMail:Type": "dropped from the current table",
    "MeetingResponse:ProposedStartTime": "16.1",
    "MeetingResponse:ProposedEndTime": "16.1",
    "Provision:AccountOnlyRemoteWipe": "16.1",
    "Search:Stores": "2.5 only",
}
"""Elements that libwbxml does not have on pages that it has; with the version they belong to."""

RETIRED_NAMESPACE = "AirNotify"
"""Code page 3, which libwbxml still has and the current document does not."""

ALWAYS_OPAQUE = {
    "AirSyncBase:Content",
    "ComposeMail:Mime",
    "Email2:ConversationId",
    "Email2:ConversationIndex",
    "GAL:Data",
    "ItemOperations:ConversationId",
    "ResolveRecipients:Data",
    "Search:ConversationId",
}
"""Elements whose content libwbxml writes as opaque data, whatever it was; every other element's as inline text."""

ACCEPTED = {
    "version 1.4": "any version byte",
    "public identifier in the string table": "any public identifier, as the language is given",
    "public identifier of another language": "any public identifier, as the language is given",
    "ISO 8859-1": "any character set",
    "UTF-16": "any character set",
    "string table": "string tables are part of WBXML",
    "integer with leading zeros in the header": "leading zeros are part of WBXML",
    "opaque length with leading zeros": "leading zeros are part of WBXML",
    "opaque length of 2^32": "the length wraps around to 0",
    "bytes after an empty root": "what follows the root is not read",
    "bytes after the root": "what follows the root is not read",
    "two roots": "what follows the root is not read",
    "retired page 3 at the root": "it has the page",
    "unknown page 255 in text": "a page without elements is not looked up",
    "text after a child": "mixed content is part of WBXML",
    "opaque data after a child": "mixed content is part of WBXML",
    "child after text": "mixed content is part of WBXML",
    "child after empty text": "mixed content is part of WBXML",
    "surrogate": "text is not checked",
    "overlong form": "text is not checked",
    "byte that UTF-8 never has": "text is not checked",
    "character cut short": "text is not checked",
    "bad text in the second run": "text is not checked",
    "character over two runs": "text is not checked",
}
"""Malformed documents (by name) that libwbxml reads; with the reason. See `ACCEPTED_GLOBALS` for the rest."""

ACCEPTED_GLOBALS = {
    "ENTITY", "EXT_I_0", "EXT_I_1", "EXT_I_2", "EXT_T_0", "EXT_T_1", "EXT_T_2", "STR_T", "EXT_0", "EXT_1", "EXT_2"
}  # fmt: skip
"""Global tokens of WBXML that ActiveSync does not use and that libwbxml reads inside an element."""

NAMES = LONGER_NAMES | SHORTER_NAMES | OTHER_SPELLING | OTHER_NAMES
"""Every element that libwbxml names otherwise, with its name there."""
