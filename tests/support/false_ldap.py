"""An LDAP server that answers as a test says: for what no honest one does."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from easd.directory.ldap.ber import ENUMERATED, SEQUENCE, element, integer, octets
from easd.directory.ldap.messages import Message, Operation, decode

Answers = Callable[[Message], Sequence[bytes]]
"""What is sent for a request; nothing: silence."""


def result(request: Message, operation: Operation, code: int = 0) -> bytes:
    """How an operation ended."""
    ended = element(operation, integer(code, ENUMERATED), octets(b""), octets(b""))
    return element(SEQUENCE, integer(request.number), ended)


def entry(request: Message, dn: str, **attributes: list[bytes]) -> bytes:
    """One that was found."""
    listed = (
        element(SEQUENCE, octets(name.replace("__", ";").encode()), element(0x31, *map(octets, values)))
        for name, values in attributes.items()
    )
    found = element(Operation.SEARCH_ENTRY, octets(dn.encode()), element(SEQUENCE, *listed))
    return element(SEQUENCE, integer(request.number), found)


@contextmanager
def false_server(answers: Answers) -> Iterator[str]:
    """Its `ldap://` address. It says so much, and hangs up when its client does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, answers), daemon=True)
        thread.start()
        try:
            yield f"ldap://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # which wakes it, as closing alone does not
            thread.join(5)


def _serve(listener: socket.socket, answers: Answers) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_talk, args=(client, answers), daemon=True).start()


def _talk(client: socket.socket, answers: Answers) -> None:
    with suppress(OSError), client:
        while raw := client.recv(65536):
            request = decode(raw)
            if request.operation == Operation.UNBIND:
                return
            for answer in answers(request):
                client.sendall(answer)
