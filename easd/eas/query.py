"""The query and the headers of a POST (MS-ASHTTP 2.2.1.1.1 and 2.2.1.1.2): bytes in, an `EasRequest` out.

The query speaks one of two languages: plain text (`Cmd=Sync&User=...`, in any order) or one base64 word. Headers add
what the query leaves out; where both speak, a base64 query is right, because the headers should not be there at all
(R149, R160, R408).
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from locale import windows_locale
from typing import Final
from urllib.parse import unquote_to_bytes

from easd.eas.request import Command, EasRequest, Unfit
from easd.eas.status import CommonStatus
from easd.eas.versions import DIALECTS, SUPPORTED, Version

QUERY_BYTES_MAX: Final = 4096
"""A base64 query of seven parameters of 255 bytes takes 2,800; plain ones that are percent-encoded stay below this."""

DEVICE_ID_MAX: Final = 32
DEVICE_TYPE_MAX: Final = 32
"""As many characters of each as Exchange takes."""
USER_AGENT_MAX: Final = 256

HEADERS: Final = frozenset(
    {
        "ms-asprotocolversion",
        "x-ms-policykey",
        "ms-asacceptmultipart",
        "user-agent",
        "content-type",
        "accept-language",
    }
)
"""The names, in lower case, of the headers that `parse` looks at."""

_SAVE_IN_SENT: Final = 0x01
_ACCEPT_MULTIPART: Final = 0x02

_DEVICE_ID: Final = re.compile(rf"[A-Za-z0-9._-]{{1,{DEVICE_ID_MAX}}}")
_DEVICE_TYPE: Final = re.compile(rf"[\x20-\x7e]{{1,{DEVICE_TYPE_MAX}}}")
_FIRST_VERSION: Final = "1.0"
_VERSION: Final = re.compile(r"\d{1,3}(\.\d{1,3})?", re.ASCII)
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,3}")
_POLICY_KEY: Final = re.compile(r"\d{1,10}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

_BY_NAME: Final = {command.wire_name.lower(): command for command in Command}
_BY_CODE: Final = {command.value: command for command in Command if command.value <= 0xFF}

# MS-ASHTTP R79-R86; 2 and 5 (CollectionName, ParentId) belong to commands before 12.0 and are passed over.
_TAGS: Final = {
    0: "attachmentname",
    1: "collectionid",
    3: "itemid",
    4: "longid",
    6: "occurrence",
    7: "options",
    8: "user",
}


_REQUESTS_KEPT: Final = 4096
_KEPT_BYTES_MAX: Final = 1024
"""Heads whose meaning is remembered, and how long one may be for that."""


_HEADER_ORDER: Final = tuple(sorted(HEADERS))


class RequestError(ValueError):
    """A request line or header that cannot be served. `status` is the HTTP status, the text says what is wrong."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Query:
    """What a query carries, whichever form it has. None: the query is silent, so a header may speak."""

    command: Command
    device_id: str
    device_type: str
    parameters: Mapping[str, str]
    unfit: Unfit | None = None
    version: Version | None = None
    locale: str | None = None
    policy_key: int | None = None
    save_in_sent: bool = False
    accept_multipart: bool | None = None


def parse(raw_query: bytes, headers: Mapping[str, str]) -> EasRequest:
    """The request that a query (without its "?") and headers (lower-case names) describe.

    RequestError: 400 for malformed syntax (R176, R188), which a protocol version is too that the server does not speak;
    505 for version 1.0; 414 for an overlong query; 501 for a command that is unknown here (R186).
    """
    if len(raw_query) > QUERY_BYTES_MAX:
        raise RequestError(414, f"the query has more than {QUERY_BYTES_MAX} bytes")
    said = tuple(headers.get(name, "") for name in _HEADER_ORDER)
    if len(raw_query) + sum(map(len, said)) > _KEPT_BYTES_MAX:
        return _request(raw_query, said)
    return _remembered(raw_query, said)


def _request(raw_query: bytes, said: tuple[str, ...]) -> EasRequest:
    headers = dict(zip(_HEADER_ORDER, said, strict=True))
    query = _plain(raw_query) if _is_plain(raw_query) else _base64(raw_query)
    parameters = query.parameters
    return EasRequest(
        command=query.command,
        version=query.version or _header_version(headers["ms-asprotocolversion"]),
        device_id="" if query.unfit else query.device_id,
        device_type="" if query.unfit else query.device_type,
        user=parameters.get("user", ""),
        policy_key=_policy_key(headers["x-ms-policykey"]) if query.policy_key is None else query.policy_key,
        locale=_language(headers["accept-language"]) if query.locale is None else query.locale,
        user_agent=_CONTROL.sub("", headers["user-agent"])[:USER_AGENT_MAX],
        content_type=headers["content-type"].partition(";")[0].strip().lower(),
        accept_multipart=_accept_multipart(headers) if query.accept_multipart is None else query.accept_multipart,
        unfit=query.unfit,
        save_in_sent=query.save_in_sent,
        collection_id=parameters.get("collectionid", ""),
        item_id=parameters.get("itemid", ""),
        long_id=parameters.get("longid", ""),
        attachment_name=parameters.get("attachmentname", ""),
        occurrence=parameters.get("occurrence", ""),
    )


_remembered = lru_cache(maxsize=_REQUESTS_KEPT)(_request)
"""A device sends the same few heads all its life."""


# ---------------------------------------------------------------- plain text (2.2.1.1.1.2)


def _is_plain(raw_query: bytes) -> bool:
    """Base64 has "=" at its end alone, and no "&"."""
    return b"&" in raw_query or b"=" in raw_query.rstrip(b"=")


def _plain(raw_query: bytes) -> _Query:
    """Names in any letter case and order: iOS, Android and Outlook each have their own."""
    parameters: dict[str, str] = {}
    for part in raw_query.split(b"&"):
        name, equals, value = part.partition(b"=")
        if equals:
            _put(parameters, _text(unquote_to_bytes(name)).lower(), _text(unquote_to_bytes(value)))
    command = _named_command(parameters.get("cmd", ""))
    device_id, device_type = parameters.get("deviceid", ""), parameters.get("devicetype", "")
    return _Query(
        command=command,
        device_id=device_id,
        device_type=device_type,
        parameters=parameters,
        unfit=_unfit(device_id, device_type),
        save_in_sent=parameters.get("saveinsent", "F").upper() == "T",  # R121, R122
    )


def _put(parameters: dict[str, str], name: str, value: str) -> None:
    """A proxy may repeat a parameter; two values for one name leave no telling which was meant."""
    if parameters.setdefault(name, value) != value:
        raise RequestError(400, f"the query gives {name[:32]!r} twice, with different values")


def _text(raw: bytes) -> str:
    """Requests are UTF-8 (R127); a user name in ISO-8859-1 is still a name."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("iso-8859-1")
    if _CONTROL.search(text):
        raise RequestError(400, "the query contains control characters")
    return text


def _named_command(name: str) -> Command:
    if not name:
        raise RequestError(400, "the query names no Cmd")
    command = _BY_NAME.get(name.lower())
    if command is None:
        raise RequestError(501, f"there is no command {name[:32]!r}")
    return command


def _unfit(device_id: str, device_type: str) -> Unfit | None:
    """MS-ASHTTP R102: a DeviceId has neither commas nor special characters."""
    if not _DEVICE_ID.fullmatch(device_id):
        is_ = f"not 1 to {DEVICE_ID_MAX} letters, digits, dots, dashes or underscores" if device_id else "missing"
        return Unfit(CommonStatus.DEVICE_ID_MISSING_OR_INVALID, f"DeviceId is {is_}")
    if not _DEVICE_TYPE.fullmatch(device_type):
        is_ = f"not 1 to {DEVICE_TYPE_MAX} printable ASCII characters" if device_type else "missing"
        return Unfit(CommonStatus.DEVICE_TYPE_MISSING_OR_INVALID, f"DeviceType is {is_}")
    return None


# ---------------------------------------------------------------- base64 (2.2.1.1.1.1)


class _Fields:
    """The bytes of a base64 query, taken from the front."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    @property
    def more(self) -> bool:
        return self._at < len(self._raw)

    def take(self, size: int, field: str) -> bytes:
        taken = self._raw[self._at : self._at + size]
        if len(taken) < size:
            raise RequestError(400, f"the base64 query ends inside {field}")
        self._at += size
        return taken

    def number(self, size: int, field: str) -> int:
        return int.from_bytes(self.take(size, field), "little")

    def counted(self, field: str) -> bytes:
        return self.take(self.number(1, f"the length of {field}"), field)


def _base64(raw_query: bytes) -> _Query:
    """The fields stand in a fixed order (R21)."""
    fields = _Fields(_from_base64(raw_query))
    version = _coded_version(fields.number(1, "the protocol version"))
    command = _coded_command(fields.number(1, "the command code"))
    locale = fields.number(2, "the locale")
    device_id = _coded_device_id(fields.counted("DeviceId"))
    policy_key = _coded_policy_key(fields.counted("the policy key"))
    device_type = _text(fields.counted("DeviceType"))
    parameters: dict[str, str] = {}
    options = None
    for name, value in _parameters(fields):
        if name == "options":
            options = _coded_options(value)
        else:
            _put(parameters, name, _text(value))
    return _Query(
        command=command,
        device_id=device_id,
        device_type=device_type,
        parameters=parameters,
        unfit=_unfit(device_id, device_type),
        version=version,
        locale=windows_locale.get(locale, "").replace("_", "-"),
        policy_key=policy_key,
        save_in_sent=bool((options or 0) & _SAVE_IN_SENT),
        accept_multipart=None if options is None else bool(options & _ACCEPT_MULTIPART),
    )


def _from_base64(raw_query: bytes) -> bytes:
    """Proxies percent-encode "+", "/" and "="; some clients leave the padding out."""
    word = unquote_to_bytes(raw_query).rstrip(b"=")
    if not word:
        raise RequestError(400, "the request has no query")
    try:
        return b64decode(word + b"=" * (-len(word) % 4), validate=True)
    except binascii.Error:
        raise RequestError(400, "the query is neither parameters nor base64") from None


def _parameters(fields: _Fields) -> Iterator[tuple[str, bytes]]:
    """Tag, length and value, as often as there are any (R49-R54); tags without a meaning are passed over."""
    while fields.more:
        tag = fields.number(1, "a parameter tag")
        value = fields.counted(f"the parameter with tag {tag}")
        if tag in _TAGS:
            yield _TAGS[tag], value


def _coded_version(code: int) -> Version:
    """R24, R26, R451: 141 is 14.1; none before 12.1 has a code."""
    if code not in SUPPORTED:
        raise _unspoken(f"{code // 10}.{code % 10}")
    version = Version(code)
    if not DIALECTS[version].base64_query:
        raise RequestError(400, f"protocol version {version.text} has no base64 query")
    return version


def _coded_command(code: int) -> Command:
    command = _BY_CODE.get(code)
    if command is None:
        raise RequestError(501, f"there is no command with code {code}")
    return command


def _coded_device_id(raw: bytes) -> str:
    """R34: a string, or a GUID, whose 16 bytes have no text: those become 32 hexadecimal digits."""
    text = raw.decode("ascii", "replace")
    return text if _DEVICE_ID.fullmatch(text) else raw.hex()


def _coded_policy_key(raw: bytes) -> int | None:
    """R38, R39: four bytes, or none."""
    if len(raw) not in (0, 4):
        raise RequestError(400, "the length of the policy key is neither 0 nor 4")
    return int.from_bytes(raw, "little") if raw else None


def _coded_options(raw: bytes) -> int:
    """R486: a single byte of flags."""
    if len(raw) > 1:
        raise RequestError(400, "the Options parameter is longer than one byte")
    return int.from_bytes(raw, "little")


# ---------------------------------------------------------------- headers (2.2.1.1.2)


def _header_version(text: str) -> Version:
    """R404: required with a plain query."""
    if not _VERSION.fullmatch(text.strip()):
        raise RequestError(400, "MS-ASProtocolVersion is missing or not a version number")
    try:
        version = Version.parse(text)
    except ValueError:
        version = None
    if version not in SUPPORTED:
        raise _unspoken(text.strip())
    return version


def _unspoken(version: str) -> RequestError:
    """MS-ASHTTP has no status of its own for it: 400 as for whatever is malformed (R188), which is what Exchange says.
    Version 1.0 alone has 505 (MS-ASCMD R7559, R7560).
    """
    return RequestError(505 if version == _FIRST_VERSION else 400, f"protocol version {version} is not spoken here")


def _policy_key(text: str) -> int | None:
    """R159: an unsigned 32-bit number in decimal digits."""
    text = text.strip()
    if not text:
        return None
    if not _POLICY_KEY.fullmatch(text) or int(text) > 0xFFFFFFFF:
        raise RequestError(400, "X-MS-PolicyKey is not an unsigned 32-bit number")
    return int(text)


def _accept_multipart(headers: Mapping[str, str]) -> bool:
    """R154, R155, R440."""
    return headers.get("ms-asacceptmultipart", "").strip().upper() == "T"


def _language(text: str) -> str:
    """The first language of Accept-Language (R1381), "" if it names none."""
    match = _LANGUAGE.match(text.strip())
    return match.group() if match else ""
