"""Operations on users and their mailboxes."""

from dataclasses import replace

from easd.model.account import Profile
from easd.model.identity import Identity, Role, State
from easd.service.workmail import entities
from easd.service.workmail.call import PEOPLE, RESOURCES, Call, Json, known, seconds
from easd.service.workmail.errors import INVALID, NAME_TAKEN, NO_ENTITY, UNSUPPORTED, ApiError

MEBIBYTE = 2**20
PROFILE = {
    "FirstName": "first_name",
    "LastName": "last_name",
    "Initials": "initials",
    "Telephone": "phone",
    "Street": "street",
    "JobTitle": "title",
    "City": "city",
    "Company": "company",
    "ZipCode": "zip_code",
    "Department": "department",
    "Country": "country",
    "Office": "office",
}
"""Members of the API and what they are called in a profile."""


def create(call: Call) -> Json:
    """CreateUser: disabled, until RegisterToWorkMail."""
    _no_provider(call)
    name, password = call.text("Name"), call.text("Password")
    role = _role(call)
    if any(one.id and call.user_name(one).lower() == name.lower() for one in call.identities if one.kind in PEOPLE):
        raise ApiError(NAME_TAKEN, f"The name {name} is in use.")
    address = entities.waiting_address(call, name, exact=False)
    made = call.desk.users.create(address, call.text("DisplayName"), password)
    call.desk.entities.set_enabled(made, enabled=False)
    first, last = call.text("FirstName"), call.text("LastName")
    profile = Profile(first_name=first, last_name=last, alias=name)
    call.desk.entities.set_profile(made, profile, None, hidden=bool(call.flag("HiddenFromGlobalAddressList")))
    if role not in (None, Role.USER):
        call.desk.entities.set_role(made, role)
    return {"UserId": call.by_number(made.id).public_id}


def describe(call: Call) -> Json:
    """DescribeUser."""
    found = call.identity("UserId", PEOPLE | RESOURCES)
    profile, hidden = call.profile(found)
    told = {member: getattr(profile, name) for member, name in PROFILE.items()}
    return {
        **known(
            UserId=found.public_id,
            Name=call.user_name(found),
            DisplayName=found.display_name,
            UserRole=found.role.value,
            MailboxProvisionedDate=seconds(found.enabled),
            MailboxDeprovisionedDate=seconds(found.disabled) if found.state is not State.ENABLED else None,
            **told,
        ),
        **entities.state_facts(found),
        "HiddenFromGlobalAddressList": hidden,
    }


def update(call: Call) -> Json:
    """UpdateUser: what is not said stays; an empty text removes."""
    _no_provider(call)
    whom, role = call.who("UserId", PEOPLE), _role(call)
    profile, was_hidden = call.profile(whom.identity)
    changes = {name: call.text(member) for member, name in PROFILE.items() if call.input.get(member) is not None}
    hidden = call.flag("HiddenFromGlobalAddressList")
    now_hidden = was_hidden if hidden is None else hidden
    changed = replace(profile, **changes)  # type: ignore[arg-type]  # texts alone
    if (changed, now_hidden) != (profile, was_hidden):
        picture = call.desk.means.accounts.picture(whom.user.id)
        call.desk.entities.set_profile(whom.user, changed, picture, hidden=now_hidden)
    if (shown := call.text("DisplayName")) and shown != whom.user.display_name:
        call.desk.entities.rename(whom.user, shown)
    if role is not None and role is not whom.identity.role:
        call.desk.entities.set_role(whom.user, role)
    return {}


def delete(call: Call) -> Json:
    """DeleteUser; who is gone already is no error."""
    whom = there(call, "UserId")
    if whom is not None:
        found = call.somebody(whom)
        entities.unsupported_kind(found, PEOPLE)
        entities.must_be_disabled(found)
        call.desk.entities.remove(found.user)
    return {}


def list_users(call: Call) -> Json:
    """ListUsers."""

    def render(one: Identity) -> Json:
        facts = known(Id=one.public_id, DisplayName=one.display_name, Name=call.user_name(one))
        return {**facts, "UserRole": one.role.value, **entities.state_facts(one)}

    return call.page("Users", entities.matching(call, PEOPLE), entities.order, render)


def reset_password(call: Call) -> Json:
    """ResetPassword."""
    whom = call.who("UserId")
    entities.unsupported_kind(whom, PEOPLE)
    password = call.text("Password")
    if not password:
        raise ApiError("InvalidPasswordException", "The password is empty.")
    call.desk.users.set_password(whom.user, password)
    return {}


def mailbox(call: Call) -> Json:
    """GetMailboxDetails, in MB."""
    whom = call.who("UserId", PEOPLE | RESOURCES)
    used, own = call.desk.means.accounts.quota(whom.user.mailbox_id)
    most = call.desk.means.mailbox_bytes if own is None else own
    quota = None if most is None else max(1, most // MEBIBYTE)
    return known(MailboxQuota=quota, MailboxSize=round(used / MEBIBYTE, 6))


def set_quota(call: Call) -> Json:
    """UpdateMailboxQuota, in MB."""
    whom, wanted = call.who("UserId", PEOPLE | RESOURCES), int(call.input["MailboxQuota"])
    most = call.desk.means.mailbox_bytes
    if most is not None and wanted * MEBIBYTE > most:
        raise ApiError(INVALID, f"The mailbox quota is at most {most // MEBIBYTE} MB.")
    call.desk.mailboxes.set_quota(whom.user, wanted * MEBIBYTE)
    return {}


def there(call: Call, name: str) -> Identity | None:
    """Whom a member of the input means; None if they are gone, or never were."""
    try:
        found = call.identity(name)
    except ApiError as error:
        if error.code == NO_ENTITY:
            return None
        raise
    return None if found.state is State.DELETED else found


def _role(call: Call) -> Role | None:
    value = call.text("Role")
    if value == Role.RESOURCE.value:
        raise ApiError(UNSUPPORTED, "A resource is made by CreateResource.")
    return Role(value) if value else None


def _no_provider(call: Call) -> None:
    if call.text("IdentityProviderUserId"):
        raise ApiError(UNSUPPORTED, "There is no IAM Identity Center here: IdentityProviderUserId cannot be set.")
