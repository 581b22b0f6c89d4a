"""The API as a whole: who calls, what, and the answer."""

from collections.abc import Mapping
from typing import Any

from easd.model.access_key import AccessKey
from easd.model.audit import Actor, ActorKind
from easd.model.identity import Organisation, OrganisationState
from easd.service.administration import Administration, AdministrationError, Means
from easd.service.administration.access_keys import secret_of
from easd.service.ports import Unavailable
from easd.service.workmail.call import Call, Json
from easd.service.workmail.errors import DENIED, NO_ORGANIZATION, UNSUPPORTED, ApiError, as_api_error
from easd.service.workmail.model import Operation, operations, validate
from easd.service.workmail.operations import OPERATIONS, Entry

_GONE_ALLOWED = frozenset({"DescribeOrganization"})


class WorkMailApi:
    """Answers calls. Every method may be called from any thread."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def secret(self, key_id: str) -> tuple[AccessKey, str] | None:
        """The enabled key of that id and its secret."""
        return secret_of(self._means, key_id)

    def answer(self, key: AccessKey, operation: str, asked: Mapping[str, Any]) -> Json:
        """What the operation says to a verified caller. ApiError."""
        entry, declared = OPERATIONS.get(operation), operations().get(operation)
        if entry is None or declared is None:
            raise ApiError("UnknownOperationException", f"There is no operation {operation[:100]}.", 404)
        self._means.access_keys.used(key)
        validate(declared.input, asked)
        _permit(key, operation, entry)
        call = self._call(key, operation, asked)
        if entry.handler is None:
            raise ApiError(_refusal(declared), entry.reason)
        try:
            return _whole(call, entry)
        except AdministrationError as error:
            raise as_api_error(error, declared.errors) from error
        except Unavailable as error:
            raise ApiError("ServiceUnavailableException", "The service is busy: try again.", 503) from error

    def _call(self, key: AccessKey, operation: str, asked: Mapping[str, Any]) -> Call:
        named = asked.get("OrganizationId")
        found = None if named is None else self._organisation(key, str(named), operation)
        desk = Administration(self._means, Actor(ActorKind.KEY, key.id, key.organisation))
        return Call(operation, desk, key, asked, self._means.vault, found)

    def _organisation(self, key: AccessKey, named: str, operation: str) -> Organisation:
        """Whether another organisation exists is not told to a key that is bound to one."""
        there = {one.public_id: one for one in self._means.organisations.all(deleted=True)}
        found = there.get(named)
        if key.organisation is not None and (found is None or found.id != key.organisation):
            raise ApiError(DENIED, f"The access key is not good for the organization {named}.")
        if found is None:
            raise ApiError(NO_ORGANIZATION, f"There is no organization {named}.")
        if found.state is not OrganisationState.ACTIVE and operation not in _GONE_ALLOWED:
            raise ApiError("OrganizationStateException", f"The organization {named} is in state {found.state.value}.")
        return found


def _permit(key: AccessKey, operation: str, entry: Entry) -> None:
    if not key.may(entry.level):
        raise ApiError(
            DENIED, f"The access key {key.id} has the role {key.role.value}, which may not do workmail:{operation}."
        )


def _whole(call: Call, entry: Entry) -> Json:
    """The answer of the handler; all that an operation changes is one transaction."""
    assert entry.handler is not None
    if not entry.changes:
        return entry.handler(call)
    with call.desk.together():
        return entry.handler(call)


def _refusal(declared: Operation) -> str:
    """Among the declared errors, so that clients know it; all operations declare one of these or none at all."""
    return next((name for name in (UNSUPPORTED, "InvalidParameterException") if name in declared.errors), UNSUPPORTED)
