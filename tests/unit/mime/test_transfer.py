"""Transfer encodings undone piece by piece: the same bytes as at once, from any byte on, and never much in memory."""

import base64
import binascii
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st

from easd.mime import transfer
from easd.mime.headers import lenient_base64
from easd.mime.parts import part
from easd.mime.transfer import PIECE, Read, cut, decode, measured
from easd.model.email import Place, TransferEncoding
from tests.unit.mime.messages import multipart, read

BASE64, QUOTED, UU = TransferEncoding.BASE64, TransferEncoding.QUOTED_PRINTABLE, TransferEncoding.UUENCODE
_ODD = st.text("AQgw+/=\r\n -_x", max_size=60).map(str.encode)
_ESCAPED = st.text("=\r\nA0f \t_z", max_size=60).map(str.encode)


@pytest.fixture
def pieces_of_7(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PIECE", 7)


def reader(raw: bytes) -> Read:
    return lambda start, length: raw[start : start + length]


def everything(raw: bytes, encoding: TransferEncoding, skip: int = 0) -> bytes:
    place, _ = measured(raw, Place(0, len(raw), encoding))
    return b"".join(decode(place, reader(raw), skip))


@pytest.mark.usefixtures("pieces_of_7")
class TestSmallPieces:
    @given(_ODD, st.integers(0, 50))
    def test_base64_is_read_as_leniently_as_at_once(self, raw: bytes, skip: int) -> None:
        assert everything(raw, BASE64, skip) == lenient_base64(raw)[skip:]

    @given(st.binary(max_size=200), st.sampled_from([4, 8, 76]), st.sampled_from(["\n", "\r\n"]), st.integers(0, 210))
    def test_any_byte_of_even_lines_is_found(self, data: bytes, width: int, end: str, skip: int) -> None:
        text = base64.b64encode(data).decode()
        raw = end.join(re.findall(f".{{1,{width}}}", text)).encode()
        assert everything(raw, BASE64, skip) == data[skip:]

    @given(_ESCAPED, st.integers(0, 50))
    def test_quoted_printable_is_the_same_as_at_once(self, raw: bytes, skip: int) -> None:
        assert everything(raw, QUOTED, skip) == binascii.a2b_qp(raw)[skip:]

    @given(st.lists(st.binary(min_size=1, max_size=45), max_size=5), st.integers(0, 50))
    def test_uuencoded_lines(self, lines: list[bytes], skip: int) -> None:
        raw = b"".join(map(binascii.b2a_uu, lines)) + b"not a line\n`\nend\n" + binascii.b2a_uu(b"behind")
        assert everything(raw, UU, skip) == b"".join(lines)[skip:]


@pytest.mark.parametrize(
    "wrong",
    [b"QUJD\r\n=UJD\r\nQUJD", b"QUJD\r\nQ.JD\r\nQUJD", b"QUJD\r\nQUJDRA\r\nQUJ", b"QUJ\r\nQUJ\r\nQUJ", b"\nQUJD\n"],
)
def test_uneven_lines_are_seen_and_read_from_the_start(wrong: bytes) -> None:
    place, size = measured(wrong, Place(0, len(wrong), BASE64))
    assert (place.width, size) == (0, len(lenient_base64(wrong)))


@pytest.mark.parametrize("encoding", [BASE64, QUOTED, TransferEncoding.NONE])
def test_no_step_holds_more_than_a_piece(encoding: TransferEncoding) -> None:
    data = bytes(range(256)) * 4096
    encoded = {BASE64: base64.encodebytes(data), QUOTED: binascii.b2a_qp(data)}
    raw = encoded.get(encoding, data)
    sizes = [len(piece) for piece in decode(Place(0, len(raw), encoding), reader(raw))]
    assert max(sizes) <= PIECE
    assert len(sizes) > 3


def test_the_end_of_a_large_file_is_read_without_its_beginning() -> None:
    data = bytes(range(256)) * 8192
    raw = base64.encodebytes(data)
    place, _ = measured(raw, Place(0, len(raw), BASE64))
    asked: list[int] = []

    def noted(start: int, length: int) -> bytes:
        asked.append(length)
        return raw[start : start + length]

    assert b"".join(decode(place, noted, len(data) - 5)) == data[-5:]
    assert sum(asked) < 200


def test_what_is_not_wanted_is_not_read() -> None:
    def endless() -> Iterator[bytes]:
        yield from (b"abc", b"def")
        raise AssertionError("one piece too many")

    assert list(cut(endless(), 5)) == [b"abc", b"de"]
    assert list(cut(endless(), 0)) == []


def test_the_place_of_an_attachment_gives_its_bytes() -> None:
    content = base64.encodebytes(bytes(range(200))).decode()
    raw = multipart(
        "mixed",
        "\nbody",
        f"Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n{content}",
        "Content-Type: a/c\nContent-Transfer-Encoding: x-uuencode\n\nhello\nbegin 644 x\n#86)C\n`\nend\n",
        "Content-Type: a/d\nContent-Transfer-Encoding: x-uuencode\n\nno file\n",
        "Content-Type: a/e\nContent-Transfer-Encoding: quoted-printable\n\na=3Db=\nc",
    )
    found = read(raw).email.attachments
    for each in found:
        assert each.place is not None
        data = b"".join(decode(each.place, reader(raw)))
        assert (data, each.size) == (part(raw, each.part).data, len(data))
    assert [each.size for each in found] == [200, 3, 9, 4]
    assert found[0].place is not None
    assert (found[0].place.width, found[0].place.stride) == (76, 78)
