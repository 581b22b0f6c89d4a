"""`easd user profile`: what others find of a user in the Global Address List."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from easd.admin import output
from easd.admin.options import AsJson, UserName, settings_of
from easd.admin.refused import Refused
from easd.model.account import Profile, User

Text = Annotated[str | None, typer.Option(help="An empty text removes it.", show_default=False)]

_TEXTS = tuple(name for name in Profile.__slots__ if name != "certificates")


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
    initials: Text = None,
    street: Text = None,
    city: Text = None,
    zip_code: Text = None,
    department: Text = None,
    country: Text = None,
    picture: Annotated[
        Path | None, typer.Option(help="An image; devices are sent those of at most 100 KiB.", show_default=False)
    ] = None,
    no_picture: Annotated[bool, typer.Option("--no-picture", help="Remove the picture.")] = False,
    certificate: Annotated[
        list[Path] | None,
        typer.Option(help="A PEM file with a certificate that mail to the user is encrypted with.", show_default=False),
    ] = None,
    no_certificates: Annotated[bool, typer.Option("--no-certificates", help="Remove all certificates.")] = False,
    hidden: Annotated[
        bool | None, typer.Option("--hidden/--listed", help="Whether others find the user.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what the address list tells of a user, or change what the options name."""
    from easd.admin.office import open_office, refusing

    texts = (first_name, last_name, phone, office, title, company, alias, home_phone, mobile_phone)
    given = zip(_TEXTS, (*texts, initials, street, city, zip_code, department, country), strict=True)
    changes = {name: value.strip() for name, value in given if value is not None}
    image = _read(picture)
    with open_office(settings_of(context)) as opened:
        found = opened.user(user)
        known, was_hidden = opened.accounts.profile(found.id)
        image = None if no_picture else image if image is not None else opened.accounts.picture(found.id)
        kept = () if no_certificates else known.certificates
        certificates = tuple(dict.fromkeys((*kept, *_certificates(certificate or ()))))
        changed = replace(known, certificates=certificates, **changes)
        now_hidden = was_hidden if hidden is None else hidden
        if changed != known or picture or no_picture or hidden is not None:
            with refusing():
                opened.desk.entities.set_profile(found, changed, image, hidden=now_hidden)
    _tell(found, changed, len(image or b""), now_hidden, as_json)


def _tell(found: User, known: Profile, picture_bytes: int, hidden: bool, as_json: bool) -> None:
    held = {"certificates": len(known.certificates), "picture_bytes": picture_bytes}
    facts = {**asdict(known), **held, "hidden": hidden}
    if as_json:
        output.as_json(facts)
    else:
        output.table(("what", found.address), ((name.replace("_", " "), value) for name, value in facts.items()), "")


def _certificates(files: Sequence[Path]) -> Iterator[bytes]:
    """The certificates of PEM files, as DER. Refused for a file without."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    for file in files:
        try:
            found = x509.load_pem_x509_certificates(file.read_bytes())
        except ValueError as error:
            raise Refused(f"{file}: no certificate in PEM form") from error
        yield from (one.public_bytes(Encoding.DER) for one in found)


def _read(picture: Path | None) -> bytes | None:
    try:
        return None if picture is None else picture.read_bytes()
    except OSError as error:
        raise Refused(f"{error.filename}: {error.strerror}") from error
