"""Messages as a device shows them."""

import pytest

from easd.client.mail import MailItem
from easd.eas.schema import Malformed
from easd.eas.versions import V2_5, V12_1, V14_1, Version
from easd.model.email import BodyType, Flag, FlagStatus, Importance
from easd.wbxml import Element, tag


def show(version: Version, **fields: str | bytes | list[Element] | None) -> MailItem:
    children = [Element(tag(name.replace("_", ":")), content) for name, content in fields.items()]
    return MailItem.of("34:1", Element(tag("AirSync:ApplicationData"), children), version)


def body(**fields: str | bytes) -> list[Element]:
    return [Element(tag(f"AirSyncBase:{name}"), content) for name, content in fields.items()]


def test_item_without_anything_has_the_defaults_of_the_specification_R487() -> None:
    item = show(V14_1)
    assert (item.subject, item.from_, item.received, item.read) == ("", "", None, False)
    assert (item.importance, item.flag, item.categories, item.attachments) == (Importance.NORMAL, None, (), ())
    assert (item.body, item.body_type, item.body_size, item.truncated) == (None, None, None, False)


def test_item_shows_what_was_sent() -> None:
    item = show(
        V14_1,
        Email_Subject="s",
        Email_From='"A" <a@b.c>',
        Email_Importance="2",
        Email_Read="1",
        Email_Flag=[Element(tag("Email:Status"), "2")],
        Email_Categories=[Element(tag("Email:Category"), "red")],
        AirSyncBase_Body=body(Type="2", EstimatedDataSize="9", Truncated="1", Data="<p>é"),
    )
    assert (item.subject, item.from_, item.importance, item.read) == ("s", '"A" <a@b.c>', Importance.HIGH, True)
    assert (item.flag, item.categories) == (Flag(FlagStatus.ACTIVE), ("red",))
    assert (item.body, item.body_type, item.body_size, item.truncated) == ("<p>é", BodyType.HTML, 9, True)


def test_cleared_flag_is_none() -> None:
    assert show(V12_1, Email_Flag=None).flag is None


def test_body_without_data_is_none_and_other_charsets_are_shown_as_well_as_can_be() -> None:
    assert show(V14_1, AirSyncBase_Body=body(Type="1", EstimatedDataSize="9")).body is None
    assert show(V14_1, AirSyncBase_Body=body(Type="4", Data=b"a\xff")).body == "a�"


def test_bodies_of_2_5() -> None:
    text = show(V2_5, Email_Body="text", Email_BodySize="4", Email_BodyTruncated="1")
    assert (text.body, text.body_type, text.body_size, text.truncated) == ("text", BodyType.PLAIN, 4, True)
    mime = show(V2_5, Email_MIMEData="From: a", Email_MIMESize="7")
    assert (mime.body, mime.body_type, mime.body_size, mime.truncated) == ("From: a", BodyType.MIME, 7, False)


def test_elements_that_we_do_not_know_are_named_and_passed_over() -> None:
    item = show(V14_1, Email_Subject="s", Tasks_Complete="1", Email2_IsDraft="0")
    assert (item.subject, item.unknown) == ("s", ("Tasks:Complete", "Email2:IsDraft"))


def test_value_that_is_not_allowed_is_refused() -> None:
    with pytest.raises(Malformed, match="DateReceived: not a date"):
        show(V14_1, Email_DateReceived="today")
