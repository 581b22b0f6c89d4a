"""Operations on what there is none of here: scripts that look through an organisation, or clean one up, go on."""

from collections.abc import Callable

from easd.service.workmail.call import Call, Json
from easd.service.workmail.errors import NO_RESOURCE, ApiError


def lists(result: str) -> Callable[[Call], Json]:
    """A list in which there is nothing: no operation could have put anything there."""
    return lambda _call: {result: []}


def deletes(_call: Call) -> Json:
    """What is not there is deleted, as AWS has it."""
    return {}


def finds_no_configuration(_call: Call) -> Json:
    """ResourceNotFoundException, which scripts take for: none is configured."""
    raise ApiError(NO_RESOURCE, "There is no such configuration.")
