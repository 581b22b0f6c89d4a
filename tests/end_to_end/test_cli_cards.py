"""`easd import vcf` and `easd export vcf`."""

from pathlib import Path

import pytest

from tests.support.command_line import Ended, easd
from tests.support.server import variables

CARDS = b"".join(
    b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Person %d\r\nTEL;TYPE=home:+44 %d\r\nX-ODD:kept\r\nEND:VCARD\r\n" % (n, n)
    for n in range(450)
)


def run(url: str, *arguments: str) -> Ended:
    return easd(*arguments, environ=variables(url))


def test_contacts_go_in_and_come_out_as_they_were(people: str, tmp_path: Path) -> None:
    file = tmp_path / "people.vcf"
    file.write_bytes(CARDS)
    told = run(people, "import", "vcf", str(file), "alice", "--json").json
    assert told == {"imported": 450, "present": 0, "replaced": 0, "folder": "Contacts"}
    assert run(people, "export", "vcf", "alice").raw == CARDS
    assert run(people, "export", "vcf", "bob").out == ""


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["LICENSE", "alice"], "there is no vCard in the file"),
        (["absent", "alice"], "absent: No such file"),
        (["LICENSE", "alice", "--folder", "Inbox"], "no folder of contacts Inbox, but Contacts"),
        (["LICENSE", "nobody"], "there is no user nobody"),
    ],
)
def test_what_cannot_be_imported_is_one_line(
    people: str, arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    ended = run(people, "import", "vcf", *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert words in ended.err


def test_cards_that_are_there_already_are_not_added_twice(people: str, tmp_path: Path) -> None:
    file = tmp_path / "people.vcf"
    file.write_bytes(CARDS + b"BEGIN:VCARD\nVERSION:3.0\nUID:u1\nFN:Old\nEND:VCARD\n")
    run(people, "import", "vcf", str(file), "alice")
    file.write_bytes(CARDS + b"BEGIN:VCARD\nVERSION:3.0\nUID:u1\nFN:New\nEND:VCARD\n")
    again = run(people, "import", "vcf", str(file), "alice", "--json").json
    assert (again["imported"], again["present"]) == (0, 451)
    assert b"FN:Old" in run(people, "export", "vcf", "alice").raw
    again = run(people, "import", "vcf", str(file), "alice", "--json", "--replace").json
    assert (again["imported"], again["replaced"]) == (0, 451)
    assert b"FN:New" in run(people, "export", "vcf", "alice").raw
