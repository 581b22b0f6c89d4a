"""The codec's benchmark measures what it says: the same documents every time, in both directions, peers or reasons."""

import json

import pytest

from easd.wbxml import Element, Limits, decode, encode, tag
from tests.bench import wbxml_codec

SMALL = {"ping": wbxml_codec.ping(), "mails4": wbxml_codec.mails(4), "contacts2": wbxml_codec.contacts(2)}


@pytest.mark.parametrize("name", wbxml_codec.documents())
def test_documents_are_the_same_every_time_and_survive_the_wire(name: str) -> None:
    root = wbxml_codec.documents()[name]
    assert wbxml_codec.documents()[name] == root
    assert decode(encode(root), Limits(max_elements=100_000)) == root


def test_mail_bodies_have_the_sizes_they_claim() -> None:
    bodies = [text for text in _texts(wbxml_codec.mails()) if text.startswith("<p>")]
    assert len(bodies) == 100
    assert all(4_000 <= len(body) <= 32_768 for body in bodies)


def _texts(element: Element) -> list[str]:
    return [element.text] if not element.children else [text for child in element.children for text in _texts(child)]


def test_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wbxml_codec, "_SECONDS_A_REPEAT", 0.0001)
    rows = wbxml_codec.run(SMALL, repeats=1)
    assert [(row.document, row.operation) for row in rows] == [
        (name, operation) for name in SMALL for operation in ("decode", "encode")
    ]
    for row in rows:
        assert row.easd_us > 0
        for peer in (row.libwbxml, row.pyactivesync):
            assert (peer.us is None) == (peer.ratio is None) == (peer.reason is not None)


def test_json_and_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(wbxml_codec, "_SECONDS_A_REPEAT", 0.0001)
    monkeypatch.setattr(wbxml_codec, "documents", lambda: SMALL)
    wbxml_codec.main(["--json", "--repeats", "1"])
    assert [row["document"] for row in json.loads(capsys.readouterr().out)][::2] == list(SMALL)
    wbxml_codec.main(["--repeats", "1"])
    assert "libwbxml" in capsys.readouterr().out


def test_what_a_peer_cannot_do_has_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wbxml_codec, "_SECONDS_A_REPEAT", 0.0001)
    strange = {"find": Element(tag("RightsManagement:Owner"), "1")}
    decoded, encoded = wbxml_codec.run(strange, repeats=1)
    assert encoded.pyactivesync.reason == "has no token for 'RightsManagement'"
    assert decoded.pyactivesync.reason == "reads RightsManagement:Owner as page24:0x12"
