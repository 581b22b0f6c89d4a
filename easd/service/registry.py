"""Which commands there are: for each its grammar, its handler, and how it refuses.

`MS-ASProtocolCommands` is derived from this table, so that a command that is not here is not advertised.
"""

from collections.abc import Callable
from typing import Any

from easd.eas.request import Command
from easd.eas.schema import Document
from easd.eas.status import StatusCode
from easd.eas.versions import EVERY, Version, Versions
from easd.model.frozen import dataclass
from easd.service.context import Answer, Context, Hold

Handler = Callable[[Context, Any], Answer | Hold]


@dataclass(frozen=True, slots=True)
class Inner:
    """How a fault inside one element of a request is told, where that is not the status of the answer alone. `asked` is
    the path of that element, `answer` the answer that the version gets with the `status`.
    """

    asked: str
    status: StatusCode
    answer: Callable[[StatusCode, Version], bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """One command.

    `request` is the grammar of its body (None: `handle` gets the bytes). `malformed` is the command's own status for
    a request that breaks the grammar; without one the common statuses 103-106 say it. `empty_body`: a request without
    a body is legal, and the handler gets None. `under_policy`: the command needs a policy key (MS-ASPROV R757 names
    those that do not). `versions` are those that have the command. `result`: the element that alone may hold a status.
    `inner`: the element of the request whose faults are told elsewhere, too. `unread` is told of a body that cannot
    be read, before it is refused.
    """

    command: Command
    root: str
    handle: Handler
    request: Document[Any] | None = None
    malformed: StatusCode | None = None
    empty_body: bool = False
    under_policy: bool = True
    versions: Versions = EVERY
    result: str = ""
    inner: Inner | None = None
    unread: Callable[[Context], None] | None = None
