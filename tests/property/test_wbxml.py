"""For any tree: encoding and decoding are inverse. For any bytes: a tree or a `WbxmlError`, nothing else."""

from hypothesis import given, strategies as st

from easd.wbxml import Element, Limits, Tag, WbxmlError, Writer, decode, encode, tag
from easd.wbxml.readable import ReadableError, from_xml, to_xml
from tests.support.wbxml_trees import tags, trees

_ROOT = tag("AirSync:ApplicationData")
_HEADER = b"\x03\x01\x6a\x00"
_TOKENS = st.sampled_from([0x00, 0x01, 0x02, 0x03, 0x05, 0x0B, 0x45, 0x4B, 0x54, 0x80, 0x85, 0xC3, 0xC5, 0xFF])


def _tree_or_error(document: bytes) -> Element | None:
    """The tree, or `None` where the document is refused with an offset that lies inside it."""
    try:
        return decode(document, Limits(max_elements=500))
    except WbxmlError as error:
        offset = error.offset
    assert 0 <= offset <= len(document)
    return None


def _survives(document: bytes) -> None:
    """Whatever is accepted encodes to a document of the same meaning."""
    root = _tree_or_error(document)
    assert root is None or decode(encode(root)) == root


@given(trees())
def test_tree_survives_the_wire(root: Element) -> None:
    document = encode(root)
    assert decode(document) == root
    assert encode(decode(document)) == document


@given(trees())
def test_tree_survives_the_readable_form(root: Element) -> None:
    assert from_xml(to_xml(root)) == root


@given(st.text(max_size=100) | st.tuples(trees(), st.integers(0, 500)).map(lambda pair: to_xml(pair[0])[: pair[1]]))
def test_any_xml_is_a_tree_or_refused(xml: str) -> None:
    try:
        root = from_xml(xml)
    except ReadableError as error:
        line = error.line
    else:
        line = 1
        assert from_xml(to_xml(root)) == root
    assert line >= 1


@given(st.binary(max_size=400))
def test_any_bytes_are_a_tree_or_refused(data: bytes) -> None:
    _survives(data)
    _survives(_HEADER + data)


@given(st.lists(_TOKENS | st.integers(0, 255), max_size=60))
def test_any_tokens_are_a_tree_or_refused(tokens: list[int]) -> None:
    _survives(_HEADER + bytes(tokens))


@given(trees(), st.data())
def test_every_cut_is_refused(root: Element, data: st.DataObject) -> None:
    document = encode(root)
    cut = data.draw(st.integers(0, len(document) - 1))
    assert _tree_or_error(document[:cut]) is None


@given(trees(), st.data())
def test_flipped_bits_are_a_tree_or_refused(root: Element, data: st.DataObject) -> None:
    document = bytearray(encode(root))
    for position in data.draw(st.lists(st.integers(0, len(document) - 1), min_size=1, max_size=3)):
        document[position] ^= 1 << data.draw(st.integers(0, 7))
    _survives(bytes(document))


@given(st.lists(trees(), max_size=5), st.data())
def test_fragments_fit_together(roots: list[Element], data: st.DataObject) -> None:
    writer = Writer()
    writer.start(_ROOT)
    for root in roots:
        inner = Writer() if data.draw(st.booleans()) else writer
        inner.tree(root)
        if inner is not writer:
            writer.raw(inner.fragment())
    writer.end()
    assert decode(writer.document(), Limits(max_depth=64)) == Element(_ROOT, list(roots))


@given(tags, st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_arrives_without_its_nul(number: Tag, text: str) -> None:
    assert decode(encode(Element(number, text))).content == text.replace("\0", "")
