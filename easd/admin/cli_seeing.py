"""`easd device timeline`, `record` and `capture`: what a device and the server said to each other lately."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.cli_wipe import DeviceId, DeviceType
from easd.admin.options import AsJson, UserName, settings_of
from easd.admin.refused import Refused

if TYPE_CHECKING:
    from easd.admin.office import Office
    from easd.admin.timeline import Collection, Event
    from easd.store import SqlExchanges

_COLUMNS = ("time", "command", "status", "folder", "key", "new key", "sent", "offered", "acknowledged")


def timeline(
    context: typer.Context, user: UserName, device: DeviceId, device_type: DeviceType = "", as_json: AsJson = False
) -> None:
    """The last exchanges with a device: keys, what was offered and acknowledged, statuses in words.

    Kept are those that went wrong, and all while `easd device record` is on.
    """
    from easd.admin.devices import find_device
    from easd.admin.office import open_office
    from easd.admin.timeline import timeline as events_of

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        known = find_device(office, owner, device, device_type)
        events = events_of(_exchanges(office).listed(known.id))
        with office.store.reading(owner.mailbox_id) as box:
            names = {str(folder.id): folder.name for folder in box.folders()}
    if as_json:
        output.as_json([_facts(event, names) for event in events])
        return
    rows = [row for event in events for row in _rows(event, names)]
    output.table(_COLUMNS, rows, "nothing is kept: `easd device record` keeps all from now on")


def record(
    context: typer.Context,
    user: UserName,
    device: DeviceId,
    device_type: DeviceType = "",
    minutes: Annotated[int, typer.Option("--minutes", min=0, max=10_080, help="For how long; 0: no longer.")] = 60,
) -> None:
    """Keep all exchanges with a device for a while, masked, for `timeline` and `capture`."""
    from easd.admin.devices import find_device
    from easd.admin.office import open_office

    settings = settings_of(context)
    if settings.recording.exchanges == "off":
        raise Refused("recording.exchanges is off: the server would keep nothing")
    with open_office(settings) as office:
        owner = office.user(user)
        known = find_device(office, owner, device, device_type)
        until = datetime.now(UTC) + timedelta(minutes=minutes) if minutes else None
        _exchanges(office).watch(known.id, until)
    output.say(f"{known.device_id} is recorded until {output.cell(until)}" if until else "it is no longer recorded")


def capture(
    context: typer.Context,
    user: UserName,
    device: DeviceId,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip file to write.")],
    device_type: DeviceType = "",
) -> None:
    """Write the kept exchanges with a device to a file that a test can replay. It holds nobody's content."""
    from easd.admin.bundle import write_bundle
    from easd.admin.devices import find_device
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        known = find_device(office, owner, device, device_type)
        kept = _exchanges(office).listed(known.id)
    if not kept:
        raise Refused(f"nothing is kept of {known.device_id}: `easd device record` keeps all from now on")
    write_bundle(file, kept, known.device_type)
    output.say(f"{len(kept)} exchanges are in {file}")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (timeline, record, capture):
        app.command(command.__name__)(command)


def _exchanges(office: "Office") -> "SqlExchanges":
    from easd.store import SqlExchanges

    return SqlExchanges(office.store, office.settings.recording.kept)


def _facts(event: "Event", names: Mapping[str, str]) -> dict[str, Any]:
    collections = [{"folder": _folder(one, names), **asdict(one)} for one in event.collections]
    return {**asdict(event), "collections": collections}


def _rows(event: "Event", names: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    """A row for each collection, or one for the exchange."""
    status = event.status or (f"HTTP {event.http}" if event.http != 200 else "")
    what = f"{event.command} ({event.held:.0f} s)" if event.held else event.command
    about = "; ".join(filter(None, (status, *event.notes)))
    if not event.collections:
        yield event.at, what, about, "", "", "", "", "", ""
    for one in event.collections:
        own = "; ".join(filter(None, (one.status, about)))
        offered = _counted(one.offered) + (" and more" if one.more else "")
        gone_on = "" if not one.new_key else "" if one.acknowledged is None else one.acknowledged
        yield event.at, what, own, _folder(one, names), one.key, one.new_key, _counted(one.sent), offered, gone_on


def _folder(collection: "Collection", names: Mapping[str, str]) -> str:
    return names.get(collection.id, collection.id) or "folders"


def _counted(commands: Mapping[str, int] | None) -> str:
    return ", ".join(f"{count} {name}" for name, count in (commands or {}).items())
