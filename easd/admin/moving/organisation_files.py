"""A whole organisation as files, and back: `organisation.json` with who is in it and what holds there, and a folder for
each mailbox. `passwords.json` holds hashes of passwords, for its owner's eyes alone.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import msgspec

from easd.admin.exporting import ExportTally
from easd.admin.importing import Remark
from easd.admin.moving.described import FORMAT, Described
from easd.admin.moving.describing import described
from easd.admin.moving.establishing import Establishing
from easd.admin.moving.mailbox_files import write_mailbox
from easd.admin.moving.mailbox_restoring import MailboxRestore, RestoreTally
from easd.admin.moving.steps import Happened
from easd.admin.office import Office
from easd.admin.refused import Refused
from easd.model.account import Kind

_ORGANISATION: Final = "organisation.json"
_PASSWORDS: Final = "passwords.json"
_MAILBOXES: Final = "mailboxes"

Progress = Callable[[int, int | None], None]
"""Hears how many items are done."""


@dataclass(frozen=True, slots=True)
class _File:
    """What `organisation.json` says."""

    format: int
    organisation: Described


@dataclass(slots=True)
class OrganisationExport:
    """What an export has written: the mailboxes by address."""

    mailboxes: dict[str, ExportTally] = field(default_factory=dict)

    @property
    def done(self) -> int:
        return sum(each.done for each in self.mailboxes.values())

    @property
    def lost(self) -> list[str]:
        """Messages whose bytes the database has lost."""
        return [f"{address}: {one}" for address, each in self.mailboxes.items() for one in each.lost]


def export_organisation(
    office: Office, number: int, target: Path, progress: Progress, *, passwords: bool = True
) -> OrganisationExport:
    """Write all of an organisation. What is written can be read by its owner alone. Refused for a target that is no
    folder, or that holds another organisation.
    """
    _make(target)
    told = described(office, number)
    _refuse_another(target, told)
    _write(target / _ORGANISATION, _File(FORMAT, told))
    if passwords:
        _write(target / _PASSWORDS, dict(_hashes(office, told)))
    tally = OrganisationExport()
    for entity in told.entities:
        if entity.kind is not Kind.GROUP:
            folder, owner = target / _MAILBOXES / folder_name(entity.address), office.entity(entity.address)
            _make(folder)
            with office.desk.mailboxes.exporting(owner, str(folder)):
                tally.mailboxes[entity.address] = write_mailbox(office, owner, folder, _after(tally.done, progress))
    return tally


def _after(before: int, progress: Progress) -> Callable[[int], None]:
    """The progress of one mailbox after so many items of others."""
    return lambda done: progress(before + done, None)


def folder_name(address: str) -> str:
    """An address as the name of a folder on any file system, and never one that leads elsewhere."""
    return "".join(char if char.isalnum() or char in "@._-+" else f"%{ord(char):02x}" for char in address)


def _hashes(office: Office, told: Described) -> Iterator[tuple[str, str]]:
    for entity in told.entities:
        if entity.kind is Kind.USER and (hashed := office.accounts.account(entity.address).password_hash):
            yield entity.address, hashed


def _refuse_another(target: Path, told: Described) -> None:
    if (target / _ORGANISATION).exists():
        there = _read(target).name
        if there != told.name:
            raise Refused(f"{target} holds the organisation {there}")


def _make(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is no folder")
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)


def _write(file: Path, value: object) -> None:
    """Whole or not at all, and for its owner alone."""
    draft = file.with_name(f"{file.name}.part")
    draft.unlink(missing_ok=True)
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as opened:
        opened.write(msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")
    draft.replace(file)


# ---------------------------------------------------------------- back


@dataclass(slots=True)
class OrganisationImport:
    """What an import has done: steps of administration, and mailboxes. `left_out`: mailboxes that could not be read."""

    organisation: str
    steps: list[Happened] = field(default_factory=list)
    mailboxes: list[RestoreTally] = field(default_factory=list)
    left_out: list[Remark] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all is here."""
        faults = [one for one in self.steps if one.fault] + [one for each in self.mailboxes for one in each.left_out]
        return not faults and not self.left_out


def planned(office: Office, source: Path, name: str = "") -> OrganisationImport:
    """What an import would do to the organisation; mailboxes are not looked at."""
    told = _named(_read(source), name)
    return OrganisationImport(told.name, Establishing(office, told).planned())


def import_organisation(office: Office, source: Path, progress: Progress, name: str = "") -> OrganisationImport:
    """All of an export, or what is missing of it; under another name if one is given. Refused for files that are none
    of an export.
    """
    told = _named(_read(source), name)
    run = Establishing(office, told, hashes=_passwords(source))
    run.run(progress)
    result = OrganisationImport(told.name, run.happened)
    done = 0
    for entity in told.entities:
        folder = source / _MAILBOXES / folder_name(entity.address)
        if entity.kind is Kind.GROUP or not folder.is_dir():
            continue
        try:
            owner = office.entity(entity.address)
            restore = MailboxRestore(office, owner, folder)
            result.mailboxes.append(restore.tally)
            with office.desk.mailboxes.importing(owner, str(folder)):
                restore.run(_after(done, progress))
            done += restore.tally.done
        except Refused as refused:
            result.left_out.append(Remark(entity.address, (str(refused),)))
    run.share(progress)
    return result


def _named(told: Described, name: str) -> Described:
    return replace(told, name=name) if name else told


def _read(source: Path) -> Described:
    file = source / _ORGANISATION
    try:
        found = msgspec.json.decode(file.read_bytes(), type=_File)
    except msgspec.MsgspecError as error:
        raise Refused(f"{file}: {error}") from error
    if found.format > FORMAT:
        raise Refused(f"{file} was written by a newer easd: form {found.format}, not {FORMAT}")
    return found.organisation


def _passwords(source: Path) -> Mapping[str, str]:
    file = source / _PASSWORDS
    if not file.exists():
        return {}
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise Refused(f"{file}: {error}") from error
