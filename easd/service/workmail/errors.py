"""What the API answers to what cannot be done."""

from easd.service.administration import (
    AdministrationError,
    Forbidden,
    LimitExceeded,
    NameNotAvailable,
    NotFound,
    StateConflict,
)


class ApiError(Exception):
    """An error of the API: its name, as clients know it, and words for people. `status` is the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


INVALID = "InvalidParameterException"
NO_ENTITY = "EntityNotFoundException"
WRONG_STATE = "EntityStateException"
NO_ORGANIZATION = "OrganizationNotFoundException"
NAME_TAKEN = "NameAvailabilityException"
ADDRESS_TAKEN = "EmailAddressInUseException"
NO_DOMAIN = "MailDomainNotFoundException"
DOMAIN_TAKEN = "MailDomainInUseException"
NO_RESOURCE = "ResourceNotFoundException"
UNSUPPORTED = "UnsupportedOperationException"
DENIED = "AccessDeniedException"

_NAMES: tuple[tuple[type[AdministrationError], tuple[str, ...]], ...] = (
    (NotFound, (NO_ENTITY, NO_RESOURCE, NO_DOMAIN)),
    (NameNotAvailable, (ADDRESS_TAKEN, NAME_TAKEN, DOMAIN_TAKEN, WRONG_STATE)),
    (LimitExceeded, ("LimitExceededException", "TooManyTagsException")),
    (StateConflict, (WRONG_STATE, "OrganizationStateException", "MailDomainStateException")),
)


def as_api_error(error: AdministrationError, declared: frozenset[str]) -> ApiError:
    """What administration refuses, by the first fitting name among those that the operation declares."""
    if isinstance(error, Forbidden):
        return ApiError(DENIED, str(error))
    for kind, names in _NAMES:
        if isinstance(error, kind):
            return ApiError(next((name for name in names if name in declared), INVALID), str(error))
    return ApiError(INVALID, str(error))
