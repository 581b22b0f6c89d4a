"""Hypothesis strategies: WBXML trees of any shape that the wire can carry."""

from hypothesis import strategies as st

from easd.wbxml import NAMES, Element, Tag

tags: st.SearchStrategy[Tag] = st.sampled_from(sorted(NAMES))
"""Every tag of every code page."""

wire_text: st.SearchStrategy[str] = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40
)
"""What an inline string can hold: any character but U+0000 and surrogates."""

printable_text: st.SearchStrategy[str] = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=40)
"""Text that XML can hold too."""

opaque_data: st.SearchStrategy[bytes] = st.binary(max_size=300)
"""Opaque data, shorter and longer than what one length byte can say."""

leaf_content: st.SearchStrategy[str | bytes | None] = st.none() | wire_text | opaque_data
"""What an element without children can hold."""


def trees(
    leaves: st.SearchStrategy[str | bytes | None] = leaf_content, of: st.SearchStrategy[Tag] = tags
) -> st.SearchStrategy[Element]:
    """Trees with these leaves and tags, empty containers among them."""
    return st.recursive(
        st.builds(Element, of, leaves | st.just([])),
        lambda children: st.builds(Element, of, st.lists(children, max_size=6)),
        max_leaves=25,
    )
