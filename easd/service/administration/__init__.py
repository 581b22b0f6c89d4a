"""The one service behind every way to administer: the command line, the WorkMail API, REST.

`Administration(means, actor)` holds a part a topic. Each method that changes something writes a line into the audit
log first, and completes it afterwards. Errors are those of `errors`, whatever the store calls them.
"""

from easd.service.administration.administration import Administration
from easd.service.administration.errors import (
    AdministrationError,
    Forbidden,
    Invalid,
    LimitExceeded,
    NameNotAvailable,
    NotFound,
    StateConflict,
)
from easd.service.administration.means import Means

__all__ = [
    "Administration",
    "AdministrationError",
    "Forbidden",
    "Invalid",
    "LimitExceeded",
    "Means",
    "NameNotAvailable",
    "NotFound",
    "StateConflict",
]
