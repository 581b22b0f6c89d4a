"""Whatever a device asks for, a body of mail keeps to what the policy allows."""

from hypothesis import given, settings, strategies as st

from easd.mime.body import bodies_of
from easd.model.body import Body, BodyLimits, BodyPreference, BodyWishes
from easd.model.email import BodyType, Email, EmailTexts
from easd.service.delivery import new_mail
from tests.support.world import NOW

_sizes = st.none() | st.integers(0, 300)
_preferences = st.builds(
    BodyPreference, st.sampled_from(BodyType), st.none() | st.integers(0, 500), st.booleans(), st.none()
)
_wishes = st.builds(
    BodyWishes,
    st.lists(_preferences, max_size=4, unique_by=lambda preference: preference.type).map(tuple),
    st.integers(0, 2),
    st.none() | st.integers(0, 8),
    st.sampled_from([(), (BodyPreference(BodyType.HTML),), (BodyPreference(BodyType.HTML, 50),)]),
    st.builds(BodyLimits, _sizes, _sizes, st.booleans(), st.none() | st.integers(-1, 200)),
)
_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=200)


def _message(words: str, *, html: bool, file: bool) -> tuple[bytes, Email, EmailTexts]:
    kind = "text/html" if html else "text/plain"
    text = f"<p><b>{words.replace('<', ' ').replace('&', ' ')}</b></p>" if html else words
    part = f"Content-Type: {kind}; charset=utf-8\r\n\r\n{text}\r\n"
    if file:
        attached = (
            "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n" + "x" * 100
        )
        part = f"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{part}--b\r\n{attached}\r\n--b--\r\n"
    raw = f"From: bob@example.test\r\nSubject: x\r\n{part}".encode()
    mail = new_mail(raw, NOW)
    return raw, mail.email, mail.texts


@settings(max_examples=200)
@given(_wishes, _WORDS, st.booleans(), st.booleans())
def test_no_wish_gets_around_the_limits(wishes: BodyWishes, words: str, html: bool, file: bool) -> None:
    raw, email, texts = _message(words, html=html, file=file)
    read = False

    def whole() -> bytes:
        nonlocal read
        read = True
        return raw

    body, part = bodies_of(wishes, email, texts, whole)
    limits = wishes.limits
    assert limits is not None
    if read:
        assert limits.html or texts.html is None
        assert limits.file_bytes is None or all(each.size <= limits.file_bytes for each in email.attachments)
    for found in filter(None, (body, part)):
        _check(found, limits, html=texts.html is not None)
    if body is not None and not limits.html:
        assert body.type is not BodyType.HTML
    if part is not None and not limits.html:
        assert b"<b>" not in (part.data or b"")


def _check(body: Body, limits: BodyLimits, *, html: bool) -> None:
    as_html = body.type is BodyType.HTML or (body.type is BodyType.MIME and html)
    most = limits.html_bytes if as_html else limits.plain_bytes
    if most is not None and body.type is not BodyType.RTF:  # RTF says the same text in more bytes
        assert len(body.data or b"") <= most
