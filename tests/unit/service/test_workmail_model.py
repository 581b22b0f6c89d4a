"""The API's model and table, against botocore's."""

from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from easd.service.workmail.errors import ApiError
from easd.service.workmail.model import operations, validate
from easd.service.workmail.operations import OPERATIONS
from tests.spec import workmail_model, workmail_table

ORGANIZATION = "m-" + "0" * 32


def refusal(shape: str, value: object) -> str:
    with pytest.raises(ApiError) as caught:
        validate(shape, value)
    assert caught.value.code == "ValidationException"
    return str(caught.value)


def test_the_model_is_what_botocore_says() -> None:
    assert workmail_model.FILE.read_text() == workmail_model.text(), "python -m tests.spec.workmail_model"


def test_the_table_has_each_operation_of_the_model() -> None:
    assert set(OPERATIONS) == set(operations())
    assert all(entry.reason or entry.handler for entry in OPERATIONS.values())


def test_the_page_is_made_of_the_table() -> None:
    assert workmail_table.FILE.read_text() == workmail_table.text(), "python -m tests.spec.workmail_table"


@pytest.mark.parametrize(
    "shape, value, words",
    [
        (
            "ListUsersRequest",
            {},
            "Value null at 'organizationId' failed to satisfy constraint: Member must not be null",
        ),
        ("ListUsersRequest", {"OrganizationId": "m-1"}, "length greater than or equal to 34"),
        ("ListUsersRequest", {"OrganizationId": "x-" + "0" * 32}, "regular expression pattern: ^m-[0-9a-f]{32}$"),
        ("ListUsersRequest", {"OrganizationId": ORGANIZATION, "MaxResults": 101}, "value less than or equal to 100"),
        ("ListUsersRequest", {"OrganizationId": ORGANIZATION, "MaxResults": 0}, "value greater than or equal to 1"),
        ("ListUsersRequest", {"OrganizationId": ORGANIZATION, "MaxResults": True}, "must be of type integer"),
        (
            "ListUsersRequest",
            {"OrganizationId": ORGANIZATION, "Filters": {"State": "ASLEEP"}},
            "at 'filters.state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED",
        ),
        ("TagResourceRequest", {"ResourceARN": "arn", "Tags": [{}] * 51}, "'tags' failed"),
        ("ListUsersRequest", [], "must be of type structure"),
        ("ListUsersRequest", {"OrganizationId": ORGANIZATION, "NextToken": "a\0"}, "be text"),
        ("ListUsersRequest", {"OrganizationId": ORGANIZATION, "NextToken": "\ud800"}, "be text"),
    ],
)
def test_each_constraint_has_its_words(shape: str, value: object, words: str) -> None:
    assert words in refusal(shape, value)


def test_a_refused_secret_is_not_told() -> None:
    asked = {"OrganizationId": ORGANIZATION, "UserId": "x" * 12, "Password": "sesame" * 50}
    assert "sesame" not in refusal("ResetPasswordRequest", asked)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(st.sampled_from(sorted(operations())), st.data())
def test_no_input_does_more_than_be_refused(name: str, data: st.DataObject) -> None:
    members = data.draw(st.dictionaries(st.sampled_from(["OrganizationId", "Filters", "Rules", "Tags", "X"]), _JSON))
    with suppress(ApiError):
        validate(operations()[name].input, members)
