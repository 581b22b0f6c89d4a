"""The codec against the C library libwbxml: same names, same texts, same bytes, but for the differences listed."""

from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st
from lxml import etree

from easd.wbxml import NAMES, TAGS, Element, decode, encode
from tests.differential import libwbxml_differences as differences
from tests.support.libwbxml import Libwbxml, LibwbxmlError, libwbxml
from tests.support.traffic import Recording, recordings
from tests.support.wbxml_malformed import MALFORMED, Malformed
from tests.support.wbxml_trees import printable_text, wire_text


@pytest.fixture(scope="module")
def library() -> Libwbxml:
    try:
        return libwbxml()
    except OSError as missing:
        pytest.skip(str(missing))


def _unknown_there(name: str) -> bool:
    return name.partition(":")[0] in differences.UNKNOWN_PAGES or name in differences.UNKNOWN_NAMES


def _name_there(name: str) -> str:
    """Our name as libwbxml would write it."""
    namespace, _, local = name.partition(":")
    return f"{differences.OTHER_NAMESPACES.get(namespace, namespace)}:{differences.NAMES.get(name, local)}"


def _name_in(node: etree._Element) -> str:
    name = etree.QName(node)
    return f"{name.namespace}{name.localname}"


_SHARED_TAGS = st.sampled_from(
    [tag for tag, name in sorted(NAMES.items()) if not _unknown_there(name) and name not in differences.ALWAYS_OPAQUE]
)


def _plain_trees(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Element]:
    """Trees without opaque data, empty texts and empty containers, which libwbxml does not keep apart."""
    return st.recursive(
        st.builds(Element, _SHARED_TAGS, st.none() | texts.filter(bool)),
        lambda children: st.builds(Element, _SHARED_TAGS, st.lists(children, min_size=1, max_size=6)),
        max_leaves=25,
    )


def _rows(element: Element) -> Iterator[tuple[str, str]]:
    """Names as libwbxml has them and texts as XML has them, in document order."""
    text = "" if element.children else element.text
    yield _name_there(element.name), text.replace("\r\n", "\n").replace("\r", "\n")
    for child in element.children:
        yield from _rows(child)


def _rows_there(root: etree._Element) -> list[tuple[str, str]]:
    return [(_name_in(node), (node.text or "") if not len(node) else "") for node in root.iter("*")]


def test_every_name(library: Libwbxml) -> None:
    found = {name: _name_in(library.xml(encode(Element(tag)))) for name, tag in TAGS.items()}
    unknown = {name for name, there in found.items() if there.endswith(":unknown")}
    assert unknown == {name for name in TAGS if _unknown_there(name)}
    assert {name: there for name, there in found.items() if name not in unknown} == {
        name: _name_there(name) for name in TAGS if name not in unknown
    }


def test_it_knows_no_token_that_is_not_here(library: Libwbxml) -> None:
    others = [(page, token) for page in range(26) for token in range(5, 0x40) if (page << 8 | token) not in NAMES]
    found = {_name_in(library.xml(b"\x03\x01\x6a\x00\x00" + bytes(pair))) for pair in others}
    assert {name.partition(":")[0] for name in found if not name.endswith(":unknown")} == {
        differences.RETIRED_NAMESPACE
    }


def test_which_elements_it_always_writes_as_opaque_data(library: Libwbxml) -> None:
    texts = {name: encode(Element(tag, "a")) for name, tag in TAGS.items() if not _unknown_there(name)}
    assert {name for name, text in texts.items() if library.rewritten(text) != text} == differences.ALWAYS_OPAQUE


@pytest.mark.parametrize("recording", recordings(), ids=lambda recording: recording.name)
def test_recording_is_read_and_written_the_same(library: Libwbxml, recording: Recording) -> None:
    document = recording.read()
    root = decode(document)
    assert library.rewritten(document) == encode(root)
    assert list(_rows(root)) == _rows_there(library.xml(document))


@given(root=_plain_trees(wire_text))
def test_any_tree_is_written_the_same(library: Libwbxml, root: Element) -> None:
    document = encode(root)
    assert library.rewritten(document) == document


@given(root=_plain_trees(printable_text))
def test_any_tree_is_read_the_same(library: Libwbxml, root: Element) -> None:
    assert list(_rows(root)) == _rows_there(library.xml(encode(root)))


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case.name)
def test_malformed_is_refused_there_too_or_listed(library: Libwbxml, case: Malformed) -> None:
    word, _, place = case.name.partition(" ")
    listed = case.name in differences.ACCEPTED or (
        word in differences.ACCEPTED_GLOBALS and place in {"as first child", "after a child", "after text"}
    )
    try:
        library.rewritten(case.document)
    except LibwbxmlError:
        assert not listed
    else:
        assert listed
