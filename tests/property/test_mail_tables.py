"""What a device says of the state of a message arrives as it was said, at every version (MS-ASEMAIL, MS-ASDTYPE)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from easd.eas.items.email import MAX_CATEGORIES, EmailChange, dump_email_change, load_email_change
from easd.eas.items.flag import NO_FLAG
from easd.eas.schema import Malformed
from easd.eas.versions import V2_5, V12_0, V14_0, Version, since
from easd.model.email import Flag, FlagStatus
from easd.wbxml import Writer, decode, tag

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - a zone is given to each
    lambda moment: moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
SPANS = st.tuples(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=90))).map(
    lambda pair: {
        "start_date": pair[0],
        "utc_start_date": pair[0],
        "due_date": pair[0] + timedelta(seconds=pair[1] // timedelta(seconds=1)),
        "utc_due_date": pair[0] + timedelta(seconds=pair[1] // timedelta(seconds=1)),
    }
)
FLAGS = st.builds(
    lambda span, **more: Flag(**span, **more),
    span=st.just({}) | SPANS,
    status=st.sampled_from([FlagStatus.ACTIVE, FlagStatus.COMPLETE]),
    flag_type=TEXTS,
    subject=st.none() | TEXTS,
    date_completed=MOMENTS,
    complete_time=MOMENTS,
    reminder_set=st.booleans(),
    reminder_time=MOMENTS,
    ordinal_date=st.none() | MOMENTS,
    sub_ordinal_date=st.none() | TEXTS,
)
CHANGES = st.builds(
    EmailChange,
    read=st.none() | st.booleans(),
    flag=st.none() | st.just(NO_FLAG) | FLAGS,
    categories=st.none() | st.lists(TEXTS, max_size=5).map(tuple),
)
EVERY_VERSION = st.sampled_from(sorted(Version))


def _loaded(change: EmailChange, version: Version) -> EmailChange:
    writer = Writer()
    writer.start(tag("AirSync:ApplicationData"))
    writer.raw(dump_email_change(change, version))
    writer.end()
    return load_email_change(decode(writer.document()), version)


@given(CHANGES, EVERY_VERSION)
def test_a_change_arrives_as_it_was_said(change: EmailChange, version: Version) -> None:
    expected = EmailChange(
        change.read,
        change.flag if version in since(V12_0) else None,
        change.categories if version in since(V14_0) else None,
    )
    assert _loaded(change, version) == expected


@pytest.mark.parametrize("count, length, taken", [(300, 1, True), (301, 1, False), (1, 1024, True), (1, 1025, False)])
def test_300_categories_of_1024_characters_are_kept_and_more_are_refused_R324(
    count: int, length: int, taken: bool
) -> None:
    change = EmailChange(categories=("c" * length,) * count)
    assert MAX_CATEGORIES == 300
    if taken:
        assert _loaded(change, max(Version)) == change
    else:
        with pytest.raises(Malformed):
            _loaded(change, max(Version))


def test_2_5_knows_the_read_mark_alone() -> None:
    assert _loaded(EmailChange(read=True, flag=NO_FLAG, categories=()), V2_5) == EmailChange(read=True)
