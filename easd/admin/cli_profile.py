"""`easd user profile`: what others find of a user in the Global Address List."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from easd.admin import output
from easd.admin.options import AsJson, UserName, settings_of
from easd.admin.refused import Refused

Text = Annotated[str | None, typer.Option(help="An empty text removes it.", show_default=False)]


def profile(
    context: typer.Context,
    user: UserName,
    first_name: Text = None,
    last_name: Text = None,
    phone: Text = None,
    office: Text = None,
    title: Text = None,
    company: Text = None,
    alias: Text = None,
    home_phone: Text = None,
    mobile_phone: Text = None,
    picture: Annotated[
        Path | None, typer.Option(help="An image; devices are sent those of at most 100 KiB.", show_default=False)
    ] = None,
    no_picture: Annotated[bool, typer.Option("--no-picture", help="Remove the picture.")] = False,
    hidden: Annotated[
        bool | None, typer.Option("--hidden/--listed", help="Whether others find the user.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what the address list tells of a user, or change what the options name."""
    from easd.admin.office import open_office, refusing

    given = {
        "first_name": first_name,
        "last_name": last_name,
        "phone": phone,
        "office": office,
        "title": title,
        "company": company,
        "alias": alias,
        "home_phone": home_phone,
        "mobile_phone": mobile_phone,
    }
    changes = {name: value.strip() for name, value in given.items() if value is not None}
    image = _read(picture)
    with open_office(settings_of(context)) as opened:
        found = opened.user(user)
        known, was_hidden = opened.accounts.profile(found.id)
        image = None if no_picture else image if image is not None else opened.accounts.picture(found.id)
        known, now_hidden = replace(known, **changes), was_hidden if hidden is None else hidden
        if changes or picture or no_picture or hidden is not None:
            with refusing():
                opened.accounts.set_profile(found.id, known, image, hidden=now_hidden)
    facts = {**asdict(known), "picture_bytes": len(image or b""), "hidden": now_hidden}
    if as_json:
        output.as_json(facts)
    else:
        output.table(("what", found.address), ((name.replace("_", " "), value) for name, value in facts.items()), "")


def _read(picture: Path | None) -> bytes | None:
    try:
        return None if picture is None else picture.read_bytes()
    except OSError as error:
        raise Refused(f"{error.filename}: {error.strerror}") from error
