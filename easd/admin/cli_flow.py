"""`easd flow`: what becomes of mail by sender and recipient, and by what the sender's domain demands."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, settings_of
from easd.admin.refused import Refused
from easd.model.flow import Direction, FlowAction, FlowRule

if TYPE_CHECKING:  # it brings the database with it, which takes its time
    from easd.admin.office import Office

app = typer.Typer(name="flow", help="Rules about mail on its way.", no_args_is_help=True)

Organisation = Annotated[str, typer.Option("--organisation", help="Its name; the only one if left out.")]
RuleName = Annotated[str, typer.Argument(metavar="RULE", help="Its name.")]
Way = Annotated[Direction, typer.Option("--direction", help="Mail from outside, or mail that people here send.")]


@app.command("add")
def add(
    context: typer.Context,
    name: RuleName,
    action: Annotated[FlowAction, typer.Argument(help="What becomes of the mail.")],
    direction: Way = Direction.INBOUND,
    senders: Annotated[
        list[str] | None,
        typer.Option("--from", help="An address, a domain, *domain (and below), or *. May be repeated."),
    ] = None,
    recipients: Annotated[list[str] | None, typer.Option("--to", help="Likewise of the recipient.")] = None,
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """Add a rule. The most specific pattern wins, then the most restrictive action."""
    from easd.admin.office import open_office, refusing

    rule = FlowRule(0, name, direction, action, tuple(senders or ("*",)), tuple(recipients or ("*",)))
    with open_office(settings_of(context)) as office:
        number = office.organisation(organisation)
        with refusing():
            made = office.desk.flow.add(number, rule)
    _show([made], as_json)


@app.command("list")
def list_rules(context: typer.Context, organisation: Organisation = "", as_json: AsJson = False) -> None:
    """All rules, the oldest first."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        found = office.flow.flow(office.organisation(organisation)).rules
    _show(found, as_json)


@app.command("remove")
def remove(context: typer.Context, name: RuleName, organisation: Organisation = "") -> None:
    """Remove a rule."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        number = office.organisation(organisation)
        with refusing():
            office.desk.flow.remove(number, name)
    output.say(f"the rule {name} is removed")


@app.command("test")
def try_out(
    context: typer.Context,
    sender: Annotated[str, typer.Argument(metavar="SENDER", help="Who the mail is from, by its header.")],
    recipient: Annotated[str, typer.Argument(metavar="RECIPIENT", help="Whom it goes to.")],
    direction: Way = Direction.INBOUND,
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """What the rules make of such mail."""
    from easd.admin.office import open_office
    from easd.policy.flow import applying

    with open_office(settings_of(context)) as office:
        rules = office.flow.flow(office.organisation(organisation)).rules
    found = applying(rules, direction, [sender], recipient)
    action = FlowAction.DEFAULT if found is None else found.action
    if as_json:
        output.as_json({"action": action.value, "rule": None if found is None else found.name})
        return
    output.table(("action", "by the rule"), [(action.value, "" if found is None else found.name)], "")


@app.command("dmarc")
def dmarc(
    context: typer.Context,
    enforced: Annotated[
        bool | None, typer.Option("--enforced/--recorded", help="Change it; shown if left out.", show_default=False)
    ] = None,
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """Whether mail that fails its sender's DMARC policy is refused or put into junk as that policy demands."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        number = office.organisation(organisation)
        if enforced is not None:
            with refusing():
                office.desk.organisations.enforce_dmarc(number, enforced=enforced)
        found = office.flow.flow(number).dmarc_enforced
    if as_json:
        output.as_json({"enforced": found})
        return
    output.table(("DMARC policies are",), [("enforced" if found else "recorded only",)], "")


def _named(office: "Office", organisation: int, name: str) -> FlowRule:
    found = (rule for rule in office.flow.flow(organisation).rules if rule.name.lower() == name.strip().lower())
    rule = next(found, None)
    if rule is None:
        raise Refused(f"there is no rule {name}")
    return rule


def _show(rules: "list[FlowRule] | tuple[FlowRule, ...]", as_json: bool) -> None:
    facts = [_facts(rule) for rule in rules]
    if as_json:
        output.as_json(facts)
        return
    columns = ("name", "direction", "action", "from", "to")
    output.table(columns, [tuple(one.values()) for one in facts], "there are no rules: `easd flow add` adds one")


def _facts(rule: FlowRule) -> dict[str, Any]:
    """A rule as JSON: numbers of ours stay inside."""
    return {
        "name": rule.name,
        "direction": rule.direction.value,
        "action": rule.action.value,
        "from": rule.senders,
        "to": rule.recipients,
    }
