"""Every recorded document decodes, encodes to the same bytes, and has the form that the published schemas describe."""

import pytest

from easd.wbxml import WbxmlError, decode, encode
from easd.wbxml.readable import from_xml, to_xml
from tests.support.traffic import Recording, recordings
from tests.support.xsd import validate

RECORDINGS = recordings()
FRAGMENTS = recordings("fragment")
PARTS = recordings("partial")
_DATA_OPEN = b"\x03\x01\x6a\x00\x5d"  # header, then AirSync:ApplicationData with content
_END = b"\x01"
_NEEDED = pytest.mark.skipif(not RECORDINGS, reason="the recorded traffic is not here")

OTHER_BYTES = {
    "bin/tbsync-issues/getitemestimate-request.wbxml": "it switches the page before an END, where nothing needs it",
}
"""Documents that are not in canonical form, so that encoding gives other bytes for the same tree; with the reason."""

NOT_OF_THE_SCHEMA = {
    "bin/spec/ms-aswbxml-example-sync-response.wbxml": "Class leads the collection, as up to version 12.0",
}
"""Responses that the schemas, which describe the later versions, refuse; with the reason."""


def _each(*directions: str) -> pytest.MarkDecorator:
    chosen = [recording for recording in RECORDINGS if recording.direction in directions]
    return pytest.mark.parametrize("recording", chosen, ids=lambda recording: recording.name)


@_NEEDED
def test_there_is_traffic_of_both_directions() -> None:
    assert {recording.direction for recording in RECORDINGS} >= {"request", "response"}
    assert len(RECORDINGS) > 400
    assert {recording.name for recording in RECORDINGS} >= OTHER_BYTES.keys() | NOT_OF_THE_SCHEMA.keys()


@_each("request", "response")
def test_encodes_to_the_recorded_bytes(recording: Recording) -> None:
    document = recording.read()
    encoded = encode(decode(document))
    assert (encoded != document) == (recording.name in OTHER_BYTES)
    assert decode(encoded) == decode(document)


@_each("request", "response")
def test_readable_form_is_lossless(recording: Recording) -> None:
    root = decode(recording.read())
    assert from_xml(to_xml(root)) == root


@_each("response")
def test_response_follows_the_schema(recording: Recording) -> None:
    errors = validate(decode(recording.read()))
    assert bool(errors) == (recording.name in NOT_OF_THE_SCHEMA), errors


@pytest.mark.parametrize("recording", FRAGMENTS, ids=lambda recording: recording.name)
def test_fragment_encodes_to_the_recorded_bytes_inside_a_document(recording: Recording) -> None:
    document = _DATA_OPEN + recording.read() + _END
    assert encode(decode(document)) == document


@pytest.mark.parametrize("recording", PARTS, ids=lambda recording: recording.name)
def test_recording_that_was_cut_is_refused(recording: Recording) -> None:
    with pytest.raises(WbxmlError, match=r"unterminated|opaque data of"):
        decode(recording.read())


@_NEEDED
def test_every_shortened_recording_is_refused() -> None:
    """One document a command, cut at each byte."""
    for recording in {recording.command: recording for recording in RECORDINGS}.values():
        document = recording.read()
        for length in range(min(len(document), 400)):
            with pytest.raises(WbxmlError) as caught:
                decode(document[:length])
            assert 0 <= caught.value.offset <= length
