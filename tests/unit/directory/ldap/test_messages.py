"""LDAP's encoding and filters: exact bytes, and refusals of what is none."""

import pytest
from hypothesis import given, strategies as st

from easd.directory.ldap import ber, filters, messages
from easd.directory.ldap.ber import Malformed
from easd.directory.ldap.filters import FilterError


def test_a_bind_is_encoded_as_the_standard_says() -> None:
    expected = bytes.fromhex("300c020101600702010304008000")
    assert messages.bind(1, "", "") == expected


@pytest.mark.parametrize("dn", ["cn=alice", "uid=alice,dc=example"])
def test_a_name_without_a_password_is_never_bound_with_RFC4513_5_1_2(dn: str) -> None:
    with pytest.raises(ValueError, match="proves nothing"):
        messages.bind(1, dn, "")


@given(st.binary())
def test_any_bytes_are_a_message_or_malformed(raw: bytes) -> None:
    try:
        found = messages.decode(raw)
        found.entry()
        found.result()
    except Malformed:
        pass


@given(st.integers(0, 2**31 - 1), st.binary(max_size=300))
def test_what_is_encoded_is_read_back(number: int, content: bytes) -> None:
    raw = ber.element(ber.SEQUENCE, ber.integer(number), ber.octets(content))
    head = ber.header(raw)
    assert head is not None
    assert sum(head) == len(raw)
    inside = list(ber.elements(raw[head[0] :]))
    assert (ber.number(inside[0][1]), inside[1]) == (number, (ber.OCTETS, content))


FILTERS = {
    "(uid=alice)": "a30c 0403756964 0405616c696365",
    "(uid=*)": "8703756964",
    "(&(a=b)(!(c=d)))": "a012 a306 040161 040162 a208 a306 040163 040164",
    "(|(a=b))": "a108 a306 040161 040162",
    r"(cn=\2a\00)": "a308 0402636e 04022a00",
    "(cn=a*b*c)": "a40f 0402636e 3009 800161 810162 820163",
    "(cn=*b)": "a409 0402636e 3003 820162",
    "(n>=5)": "a506 04016e 040135",
    "(uac:1.2.3:=2)": "a912 8105312e322e33 8203756163 830132 840100",
}


@pytest.mark.parametrize("text, encoded", FILTERS.items())
def test_filters_of_the_settings_are_encoded_RFC4515(text: str, encoded: str) -> None:
    assert filters.parse(text) == bytes.fromhex(encoded.replace(" ", ""))


@pytest.mark.parametrize(
    "text",
    ["", "uid=alice", "(uid=alice", "(uid=alice))", "(&)", "(uid)", "(=a)", r"(uid=\2)", "(a=b)(c=d)", "(uid=(a)"],
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        filters.parse(text)


def test_parentheses_without_end_are_refused() -> None:
    with pytest.raises(FilterError, match="too many"):
        filters.parse("(!" * 5000 + "(a=b)" + ")" * 5000)


@given(st.text())
def test_whatever_is_asked_for_stays_one_value_of_the_filter(login: str) -> None:
    raw = login.encode("utf-8", "surrogatepass")
    [(tag, content)] = ber.elements(filters.equals("uid", raw))
    assert (tag, list(ber.elements(content))) == (0xA3, [(4, b"uid"), (4, raw)])
