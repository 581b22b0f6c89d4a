"""The settings of a policy as an administrator names and writes them: the elements of MS-ASPROV, each with the values
that it may have. Pure.
"""

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches

from easd.eas.commands.provision import POLICY_DOCUMENT
from easd.model.frozen import dataclass
from easd.model.policy import PolicyDocument

Value = bool | int | tuple[str, ...] | None


class BadSetting(ValueError):
    """A setting that there is not, or a value that it may not have; the text says what it may have."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a number may be: one of `values`; `empty`: also no limit at all. `unit` is for people."""

    values: range | frozenset[int]
    empty: bool = False
    unit: str = ""

    @property
    def text(self) -> str:
        """The values in words."""
        numbers = self.values
        if isinstance(numbers, range):
            said = f"{numbers.start} to {numbers.stop - 1}"
        else:
            said = ", ".join(map(str, sorted(numbers)))
        return f"{said}{f' {self.unit}' if self.unit else ''}{', or none' if self.empty else ''}"


_UNSIGNED = range(2**32)
_SIZE = Numbers(range(-1, 2**21), unit="KiB (-1: whole, 0: the header alone)")
NUMBERS: Mapping[str, Numbers] = {
    "MinDevicePasswordLength": Numbers(range(1, 17), empty=True, unit="characters"),  # R288
    "MaxInactivityTimeDeviceLock": Numbers(range(1, 9999), empty=True, unit="seconds"),  # R278: 9999 is no limit
    "MaxDevicePasswordFailedAttempts": Numbers(range(4, 17), empty=True, unit="attempts"),  # R253
    "MaxAttachmentSize": Numbers(_UNSIGNED, empty=True, unit="bytes"),  # R738
    "DevicePasswordExpiration": Numbers(range(731), empty=True, unit="days (0: never)"),  # R219
    "DevicePasswordHistory": Numbers(range(51), unit="passwords"),  # R226
    "MinDevicePasswordComplexCharacters": Numbers(range(1, 5), unit="groups of characters"),  # R282
    "AllowBluetooth": Numbers(range(3)),  # R72
    "MaxCalendarAgeFilter": Numbers(frozenset({0, 4, 5, 6, 7})),  # R245
    "MaxEmailAgeFilter": Numbers(range(6)),  # R257
    "MaxEmailBodyTruncationSize": _SIZE,  # R266
    "MaxEmailHTMLBodyTruncationSize": _SIZE,  # R272
    "RequireSignedSMIMEAlgorithm": Numbers(range(2)),  # R351
    "RequireEncryptionSMIMEAlgorithm": Numbers(range(5)),  # R338
    "AllowSMIMEEncryptionAlgorithmNegotiation": Numbers(range(3)),  # R145
}
"""The settings that are numbers."""

ATTRIBUTES: Mapping[str, str] = {prop.tag.partition(":")[2]: prop.attr for prop in POLICY_DOCUMENT.props}
"""The attribute of PolicyDocument for each setting, in the order of the specification's schema."""

_BY_KEY = {name.lower(): name for name in ATTRIBUTES}
_LISTS = frozenset({"UnapprovedInROMApplicationList", "ApprovedApplicationList"})
_LIST_MAX = 1000
_YES, _NO = frozenset({"1", "yes", "true", "on"}), frozenset({"0", "no", "false", "off"})
_WHOLE = re.compile(r"-?\d{1,10}")
_SHA1_BYTES = 20


def changed(document: PolicyDocument, assignments: Iterable[str]) -> PolicyDocument:
    """The document after "Setting=value" texts. BadSetting for the first that cannot be."""
    values: dict[str, Value] = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        known = _BY_KEY.get(name.strip().lower())
        if known is None or not equals:
            raise BadSetting(f"{text}: {_unknown(name.strip()) if known is None else 'write Setting=value'}")
        values[ATTRIBUTES[known]] = parsed(known, value.strip())
    return replace(document, **values)  # type: ignore[arg-type]  # each value is one that its setting may have


def parsed(name: str, text: str) -> Value:
    """The value of a setting, as it is written. BadSetting."""
    if name in _LISTS:
        return _listed(name, text)
    if name in NUMBERS:
        return _number(name, text, NUMBERS[name])
    if text.lower() not in _YES | _NO:
        raise BadSetting(f"{name} is yes or no, not {text!r}")
    return text.lower() in _YES


def faults(document: PolicyDocument) -> list[str]:
    """What of a document cannot be, wherever it comes from."""
    found = []
    for name, numbers in NUMBERS.items():
        value = getattr(document, ATTRIBUTES[name])
        if value is None and numbers.empty:
            continue
        if not isinstance(value, int) or value not in numbers.values:
            found.append(f"{name} is {value}, and may be {numbers.text}")
    return found


def _unknown(name: str) -> str:
    close = get_close_matches(name.lower(), _BY_KEY, 1)
    return f"there is no setting {name}" + (f"; did you mean {_BY_KEY[close[0]]}?" if close else "")


def _number(name: str, text: str, numbers: Numbers) -> int | None:
    if numbers.empty and text.lower() in ("", "none"):
        return None
    if not _WHOLE.fullmatch(text) or int(text) not in numbers.values:
        raise BadSetting(f"{name} may be {numbers.text}, not {text!r}")
    return int(text)


def _listed(name: str, text: str) -> tuple[str, ...]:
    """Names with commas between; of programs that are approved their SHA-1 hashes in base64 (R237)."""
    entries = tuple(dict.fromkeys(entry.strip() for entry in text.split(",") if entry.strip()))
    if len(entries) > _LIST_MAX:
        raise BadSetting(f"{name} has {len(entries)} entries, and may have {_LIST_MAX}")
    for entry in entries:
        if not entry.isprintable() or len(entry) > _LIST_MAX:
            raise BadSetting(f"{name}: {entry[:80]!r} is no name")
        if name == "ApprovedApplicationList" and not _is_hash(entry):
            raise BadSetting(f"{name}: {entry[:80]!r} is no SHA-1 hash in base64")
    return entries


def _is_hash(text: str) -> bool:
    try:
        return len(b64decode(text, validate=True)) == _SHA1_BYTES
    except ValueError:
        return False
