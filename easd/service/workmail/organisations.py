"""Operations on organisations, their domains and tags."""

import re

from easd.model.domain import MailDomain
from easd.model.identity import Organisation, OrganisationState
from easd.service.workmail.call import Call, Json, known, seconds
from easd.service.workmail.errors import DOMAIN_TAKEN, INVALID, NAME_TAKEN, NO_DOMAIN, NO_RESOURCE, ApiError

_ARN = re.compile(r"arn:aws:workmail:[a-z0-9-]*:[a-z0-9-]+:organization/(m-[0-9a-f]{32})")


def arn(organisation: Organisation) -> str:
    """The name by which tags are asked for. There are no regions and accounts here: the places are filled all the
    same, for the model demands it.
    """
    return f"arn:aws:workmail:local:000000000000:organization/{organisation.public_id}"


def create(call: Call) -> Json:
    """CreateOrganization."""
    for member in ("DirectoryId", "KmsKeyArn"):
        if call.text(member):
            raise ApiError(INVALID, f"{member} names something of AWS, which this server has not.")
    alias = call.text("Alias").lower()
    if any(alias in (one.alias, one.name.lower()) for one in call.desk.means.organisations.all()):
        raise ApiError(NAME_TAKEN, f"The alias {alias} is in use.")
    names = [str(one["DomainName"]) for one in call.input.get("Domains") or ()]
    taken = {name for name, _ in call.desk.means.accounts.domains()}
    if clash := [name for name in names if name.lower() in taken]:
        raise ApiError(NAME_TAKEN, f"The domain {clash[0]} is in use.")
    number = call.desk.organisations.create(alias, alias)
    for name in names:
        call.desk.organisations.add_domain(number, name)
    return {"OrganizationId": call.desk.means.organisations.organisation(number).public_id}


def describe(call: Call) -> Json:
    """DescribeOrganization, also of one that is gone."""
    one = call.organisation
    facts = known(OrganizationId=one.public_id, State=one.state.value, ARN=arn(one), DirectoryType="VpcDirectory")
    if one.state is OrganisationState.DELETED:
        return facts
    return {
        **facts,
        **known(
            Alias=one.alias,
            DefaultMailDomain=one.default_domain,
            CompletedDate=seconds(one.created),
            InteroperabilityEnabled=False,
        ),
    }


def delete(call: Call) -> Json:
    """DeleteOrganization: with people still in use only by ForceDelete."""
    one = call.organisation
    in_use = [who for who in call.desk.means.organisations.identities(one.id) if who.state.value == "ENABLED"]
    if in_use and not call.flag("ForceDelete"):
        raise ApiError(
            "OrganizationStateException", f"{len(in_use)} users, groups and resources are enabled: use ForceDelete."
        )
    call.desk.organisations.remove(one.id)
    return {"OrganizationId": one.public_id, "State": OrganisationState.DELETED.value}


def list_all(call: Call) -> Json:
    """ListOrganizations: those that the key is good for."""
    rows = [one for one in call.desk.means.organisations.all() if call.key.organisation in (None, one.id)]
    return call.page(
        "OrganizationSummaries",
        rows,
        lambda one: one.public_id,
        lambda one: known(
            OrganizationId=one.public_id,
            Alias=one.alias,
            DefaultMailDomain=one.default_domain,
            State=one.state.value,
        ),
    )


# ---------------------------------------------------------------- domains


def register_domain(call: Call) -> Json:
    """RegisterMailDomain; one that the organisation has already is no error."""
    name = call.text("DomainName").lower()
    owner = dict(call.desk.means.accounts.domains()).get(name)
    if owner == call.organisation.id:
        return {}
    if owner is not None:
        raise ApiError(DOMAIN_TAKEN, f"The domain {name} is in use.")
    call.desk.organisations.add_domain(call.organisation.id, name)
    return {}


def deregister_domain(call: Call) -> Json:
    """DeregisterMailDomain; one that is gone already is no error."""
    found = _domain(call)
    if found is None:
        return {}
    if found.default or found.test:
        raise ApiError(DOMAIN_TAKEN, f"{found.name} is the default or the test domain.")
    call.desk.organisations.remove_domain(call.organisation.id, found.name)
    return {}


def list_domains(call: Call) -> Json:
    """ListMailDomains."""
    return call.page(
        "MailDomains",
        call.desk.means.organisations.domains(call.organisation.id),
        lambda one: one.name,
        lambda one: {"DomainName": one.name, "DefaultDomain": one.default},
    )


def set_default_domain(call: Call) -> Json:
    """UpdateDefaultMailDomain."""
    found = _existing_domain(call)
    call.desk.organisations.set_default_domain(call.organisation.id, found.name)
    return {}


def get_domain(call: Call) -> Json:
    """GetMailDomain: with the records to publish, of which this server knows no more than the ownership's before
    `server.public_url` says what it is called.
    """
    found = _existing_domain(call)
    records = call.desk.means.published(found)
    return {
        "Records": [{"Type": one.type.value, "Hostname": one.hostname, "Value": one.value} for one in records],
        "IsTestDomain": found.test,
        "IsDefault": found.default,
        "OwnershipVerificationStatus": found.state.value,
        "DkimVerificationStatus": found.dkim.value,
    }


# ---------------------------------------------------------------- tags


def tags(call: Call) -> Json:
    """ListTagsForResource."""
    found = call.desk.means.organisations.tags(_tagged(call).id)
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.items()]}


def tag(call: Call) -> Json:
    """TagResource."""
    wanted = {str(one["Key"]): str(one["Value"]) for one in call.input["Tags"]}
    call.desk.organisations.tag(_tagged(call).id, wanted)
    return {}


def untag(call: Call) -> Json:
    """UntagResource."""
    call.desk.organisations.untag(_tagged(call).id, [str(one) for one in call.input["TagKeys"]])
    return {}


def _tagged(call: Call) -> Organisation:
    named = _ARN.fullmatch(call.text("ResourceARN"))
    found = [one for one in call.desk.means.organisations.all() if named and one.public_id == named[1]]
    if not found or call.key.organisation not in (None, found[0].id):
        raise ApiError(NO_RESOURCE, "There is no organization of that ARN.")
    return found[0]


def _domain(call: Call) -> MailDomain | None:
    name = call.text("DomainName").lower()
    found = call.desk.means.organisations.domains(call.organisation.id)
    return next((one for one in found if one.name == name), None)


def _existing_domain(call: Call) -> MailDomain:
    found = _domain(call)
    if found is None:
        raise ApiError(NO_DOMAIN, f"The organization has no mail domain {call.text('DomainName')}.")
    return found


def dmarc(call: Call) -> Json:
    """DescribeInboundDmarcSettings."""
    return {"Enforced": call.desk.means.flow.flow(call.organisation.id).dmarc_enforced}


def set_dmarc(call: Call) -> Json:
    """PutInboundDmarcSettings."""
    call.desk.organisations.enforce_dmarc(call.organisation.id, enforced=bool(call.flag("Enforced")))
    return {}
