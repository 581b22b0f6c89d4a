"""A name server on a real port (UDP), with a zone that a test writes."""

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = dict[str, Sequence[str]]
"""`"elsewhere.test TXT"`: the records as they stand in a zone file; TXT without quotes."""

FAILS, SILENT = ("SERVFAIL",), ("SILENT",)


class NameServer:
    """`asked` are the questions that came."""

    def __init__(self, zone: Mapping[str, Sequence[str]]) -> None:
        self.zone = dict(zone)
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))

    @property
    def address(self) -> str:
        """As the settings name it."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def serve(self) -> None:
        """Until an empty packet comes."""
        while True:
            wire, client = self._socket.recvfrom(4096)
            if not wire:
                return
            answer = self._answer(dns.message.from_wire(wire))
            if answer is not None:
                self._socket.sendto(answer.to_wire(), client)

    def stop(self) -> None:
        """Let `serve` end."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        [question] = query.question
        name, kind = question.name.to_text().rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{name} {kind}")
        records = self.zone.get(f"{name} {kind}")
        if records == SILENT:
            return None
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if records == FAILS:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif records is not None:
            texts = [f'"{text}"' for text in records] if kind == "TXT" else records
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *texts))
        elif not any(key.partition(" ")[0].endswith(name) for key in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


@contextlib.contextmanager
def name_server(zone: Mapping[str, Sequence[str]]) -> Iterator[NameServer]:
    """One that serves as long as the block runs."""
    server = NameServer(zone)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
        server.close()
