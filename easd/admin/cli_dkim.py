"""`easd dkim`: keys with which mail is signed, and the DNS records that others check it by."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, Yes, settings_of, sure
from easd.admin.refused import Refused

if TYPE_CHECKING:
    from easd.model.dkim import DkimKey

app = typer.Typer(name="dkim", help="Keys with which mail is signed (DKIM).", no_args_is_help=True)

Domain = Annotated[str, typer.Argument(metavar="DOMAIN")]
Selector = Annotated[str, typer.Option("--selector", help="The key's name in the DNS; create: one with the date.")]

_LABEL_MAX = 63
_TEXT_MAX = 255


@app.command()
def create(
    context: typer.Context,
    domain: Domain,
    selector: Selector = "",
    algorithm: Annotated[str, typer.Option("--algorithm", help="rsa or ed25519.")] = "rsa",
    as_json: AsJson = False,
) -> None:
    """A new key, with which mail from the domain is signed from now on, beside those that there are. Publish the record
    that is shown: until others find it, they take the signature for none.
    """
    from easd.admin.office import open_office, refusing
    from easd.admin.secret_key import vault
    from easd.model.dkim import DkimAlgorithm
    from easd.service.outgoing.signing import new_key

    known = {"rsa": DkimAlgorithm.RSA, "ed25519": DkimAlgorithm.ED25519}
    if algorithm not in known:
        raise Refused(f"there is no algorithm {algorithm}: rsa, which all know, or ed25519, which is shorter")
    now, settings = datetime.now(UTC), settings_of(context)
    name = selector.lower() or f"easd{now:%Y%m%d}{'e' if algorithm == 'ed25519' else ''}"
    if not name.replace("-", "").isalnum() or not name.isascii() or len(name) > _LABEL_MAX:
        raise Refused(f"{name} is no selector: letters, digits and hyphens")
    key = new_key(vault(settings), domain.lower(), name, known[algorithm], now)
    with open_office(settings) as office, refusing():
        office.desk.signing.add(key)
    _show([key], as_json=as_json)


@app.command()
def show(context: typer.Context, domain: Domain, as_json: AsJson = False) -> None:
    """The records of a domain's keys, as a zone file has them."""
    _show(_keys(context, domain), as_json=as_json)


@app.command("list")
def list_keys(context: typer.Context, as_json: AsJson = False) -> None:
    """All keys."""
    keys = _keys(context)
    if as_json:
        output.as_json([_facts(key) for key in keys])
        return
    rows = [(key.domain, key.selector, key.algorithm.value, key.created) for key in keys]
    output.table(("domain", "selector", "algorithm", "created"), rows, "there are no keys: mail is not signed")


@app.command()
def remove(
    context: typer.Context,
    domain: Domain,
    selector: Annotated[str, typer.Option("--selector", help="Which of its keys.")],
    yes: Yes = False,
) -> None:
    """Sign with a key no more. Its record should stay for a week: mail on its way is checked by it."""
    from easd.admin.office import open_office, refusing

    sure(f"Remove the key {selector} of {domain}? It cannot be had again.", yes)
    with open_office(settings_of(context)) as office, refusing():
        office.desk.signing.remove(domain.lower(), selector.lower())
    output.say(f"{domain} is no longer signed with {selector}")


def _keys(context: typer.Context, domain: str = "") -> "list[DkimKey]":
    from easd.admin.office import open_office
    from easd.store.dkim import SqlDkimKeys

    with open_office(settings_of(context)) as office:
        keys = SqlDkimKeys(office.store.database)
        return list(keys.of(domain.lower()) if domain else keys.all())


def _facts(key: "DkimKey") -> dict[str, Any]:
    """Never the private key, not even sealed."""
    algorithm = key.algorithm.value
    return {
        "domain": key.domain,
        "selector": key.selector,
        "algorithm": algorithm,
        "created": key.created,
        "name": key.name,
        "record": key.record,
    }


def _show(keys: "list[DkimKey]", *, as_json: bool) -> None:
    if as_json:
        output.as_json([_facts(key) for key in keys])
    elif not keys:
        output.say("there is no key: `easd dkim create` makes one")
    for key in () if as_json else keys:
        record = key.record  # a text of the DNS has at most 255 characters
        texts = [f'"{record[start : start + _TEXT_MAX]}"' for start in range(0, len(record), _TEXT_MAX)]
        typer.echo(f"{key.name}. IN TXT ( {' '.join(texts)} )")
