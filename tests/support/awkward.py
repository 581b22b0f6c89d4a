"""Some hundreds of awkward messages: every encoding, nesting, header and breakage that mail is known to come with.

All people are invented. Each message has a name that says what is awkward about it.
"""

import base64
import itertools
import quopri
from collections.abc import Iterator

Named = Iterator[tuple[str, bytes]]

FROM = b"From: Bob <bob@example.test>\r\nTo: Alice <alice@example.test>\r\n"
DATED = FROM + b"Date: Mon, 23 Nov 2026 10:00:00 +0100\r\nMessage-ID: <a@example.test>\r\n"

TEXTS = {
    "us-ascii": ("ascii", "Plain old words."),
    "utf-8": ("utf-8", "Grüße – привет – 日本語 – 😀 – e\u0301 – \u202eabc\u202c"),
    "iso-8859-1": ("latin-1", "Größe, déjà vu"),
    "windows-1252": ("cp1252", "“Smart quotes” – € 5…"),
    "iso-8859-2": ("iso8859_2", "Příliš žluťoučký kůň"),
    "windows-1250": ("cp1250", "Zażółć gęślą jaźń"),
    "iso-8859-5": ("iso8859_5", "Привет"),
    "koi8-r": ("koi8_r", "Добрый день, коллеги"),
    "windows-1251": ("cp1251", "Добрый день, коллеги"),
    "iso-8859-7": ("iso8859_7", "Καλημέρα σας"),
    "windows-1253": ("cp1253", "Καλημέρα σας"),
    "iso-8859-8-i": ("iso8859_8", "שלום לכולם"),
    "windows-1255": ("cp1255", "שלום לכולם"),
    "windows-1256": ("cp1256", "صباح الخير"),
    "iso-8859-9": ("iso8859_9", "İyi günler"),
    "iso-8859-15": ("iso8859_15", "5 € à l'heure"),
    "windows-1258": ("cp1258", "Vit nam"),
    "tis-620": ("tis_620", "สวัสดี"),
    "gb2312": ("gb2312", "各位同事大家好"),
    "gb18030": ("gb18030", "各位同事大家好𠀀"),
    "big5": ("big5", "各位同事大家好"),
    "shift_jis": ("cp932", "先週の報告書①"),
    "iso-2022-jp": ("iso2022_jp", "先週の報告書です"),
    "euc-jp": ("euc_jp", "先週の報告書です"),
    "euc-kr": ("euc_kr", "안녕하세요"),
    "ks_c_5601-1987": ("cp949", "안녕하세요 똠방"),
    "iso-2022-kr": ("iso2022_kr", "안녕하세요"),
    "hz-gb-2312": ("hz", "大家好"),
    "utf-16": ("utf-16", "Sixteen ü 😀"),
    "utf-32": ("utf-32", "Thirty-two ü"),
    "macintosh": ("mac_roman", "Größe"),
    "cp437": ("cp437", "Größe █"),
}  # fmt: skip

LABELS = (b"", b"utf-8", b"us-ascii", b"iso-8859-1", b"utf-7", b"x-martian", b"iso-2022-jp", b"gb2312", b'"', b"zlib")


def messages() -> Named:
    """All of them, each name once."""
    sources = (_charsets, _mislabelled, _subjects, _people, _fields, _nested, _broken, _markup, _kinds, _sizes, _lines)
    for source in sources:
        for name, raw in source():
            yield f"{source.__name__.strip('_')}-{name}", raw


def _with(fields: bytes, body: bytes, subject: bytes = b"Awkward") -> bytes:
    return DATED + b"Subject: " + subject + b"\r\nMIME-Version: 1.0\r\n" + fields + b"\r\n\r\n" + body


def _plain(fields: bytes, body: bytes) -> bytes:
    return _with(b"Content-Type: text/plain" + fields, body)


def _charsets() -> Named:
    for label, (codec, words) in TEXTS.items():
        data = f"{words}\r\n".encode(codec)
        encodings = {"8bit": data, "quoted-printable": quopri.encodestring(data), "base64": base64.encodebytes(data)}
        for encoding, body in encodings.items():
            fields = f"; charset={label}\r\nContent-Transfer-Encoding: {encoding}".encode()
            yield f"{label}-{encoding}", _plain(fields, body)


def _mislabelled() -> Named:
    sources = ("utf-8", "windows-1252", "koi8-r", "windows-1251", "gb18030", "shift_jis")
    for source, label in itertools.product(sources, LABELS):
        codec, words = TEXTS[source]
        charset = b"; charset=" + label if label else b""
        yield f"{source}-as-{label.decode() or 'nothing'}", _plain(charset, words.encode(codec) * 3)


def _subjects() -> Named:
    subjects = (
        b"", b" ", b"=?utf-8?B?4oKs?=", b"=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=", b"=?utf-8?B?4o?=",
        b"=?klingon?Q?a?=",
        b"=?utf-8?X?a?=", b"=?utf-8?Q?unclosed", b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=",
        b"a\r\n b\r\n\tc", b"a\r\n\r",
        "Ёлка".encode(), "Größe".encode("latin-1"), b"\x00nul\x00", b"\x07\x1b[31m", b"x" * 5000,
        b"=?utf-8?Q?" + b"=41" * 2000 + b"?=", "\u202egnp.exe".encode(), "😀👨‍👩‍👧".encode(),
        "e\u0301" .encode() * 50,
        b"\xed\xa0\x80", b"\xff\xfe", b"=?utf-8?Q?=ED=A0=80?=", b"=?utf-8?Q?=00=0D=0A?=", b"<b>&amp;</b>", b"]]>",
        b"=?utf-16?B?//5hAA==?=", b"=?us-ascii?Q?=FC?=", b"Re: Re: AW: [x] Fwd:", b"?=?=?=",
        b"\xef\xbf\xbf\xef\xbf\xbe",
    )  # fmt: skip
    for number, subject in enumerate(subjects):
        yield str(number), _with(b"Content-Type: text/plain", b"body\r\n", subject)


def _people() -> Named:
    fields = (
        b"", b"@", b"<>", b"bob", b"Bob <bob@example.test", b'"open <bob@example.test>', b"<<bob@example.test>>",
        b"a@b, c@d,, ,e@f;", b"Group: a@b.test, c@d.test;", b"undisclosed-recipients:;",
        b"(comment) a@b.test (x (y))",
        "Анна <анна@пример.test>".encode(), b"=?utf-8?Q?=22a=22?= <a@b.test>", b'"a\\"b\\\\" <a@b.test>',
        b"a@[127.0.0.1]", b"a" * 3000 + b"@b.test", b", ".join(b"p%d@example.test" % n for n in range(3000)),
        b"\xff\xfe <a@b.test>", b"a@b.test\r\n\t,\r\n c@d.test", b"\x00 <a@b.test>", b"a b c d",
        b"<a@b.test>, <a@b.test>",
    )  # fmt: skip
    for number, value in enumerate(fields):
        yield str(number), b"From: " + value + b"\r\nTo: " + value + b"\r\nCc: " + value + b"\r\n\r\nbody\r\n"


def _fields() -> Named:
    fields = (
        b"Date: never", b"Date: Thu, 99 Foo 0000 99:99:99 +9999", b"Date: 1 Jan 1601 00:00:00 +0000", b"Date:",
        b"Message-ID: none", b"References: <a> <b c> <", b"In-Reply-To: <>",
        b"Importance: whatever", b"X-Priority: 9",
        b"Thread-Index: !!!", b"Thread-Topic: =?utf-8?B?4oKs?=", b"Reply-To: ,", b"Sender: x",
        b"Content-Class: urn:x",
        b"Bcc: secret@example.test", b"MIME-Version: banana", b"Content-Type: multipart", b"Content-Type: /",
        b"Content-Type: text/plain; charset", b"Content-Type: text/plain; charset=\xff",
        b"Content-Type: text/html;;;=;",
        b"Content-Disposition: inline; filename*=utf-8''%ZZ%00", b"Content-Transfer-Encoding: klingon", b"NoColon",
        b": empty", b"Content-ID: <", b"Content-Type: image/png",
        b"Content-Type: application/octet-stream; name=..",
    )  # fmt: skip
    for number, field in enumerate(fields):
        yield str(number), FROM + field + b"\r\n\r\nbody\r\n"


PARTS = {
    "plain": b"Content-Type: text/plain; charset=utf-8\r\n\r\nwords \xc3\xbc\r\n",
    "html": b'Content-Type: text/html; charset=utf-8\r\n\r\n<p>words <img src="cid:p@x"></p>\r\n',
    "picture": b"Content-Type: image/png\r\nContent-ID: <p@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0K\r\n",
    "message": b"Content-Type: message/rfc822\r\n\r\nSubject: =?utf-8?B?4oKs?=\r\n\r\ninner\r\n",
}


def multipart(subtype: bytes, *parts: bytes, boundary: bytes = b"edge", more: bytes = b"") -> bytes:
    """A multipart, to be a part or, with a head before it, a message."""
    head = b"Content-Type: multipart/" + subtype + b"; boundary=" + boundary + more + b"\r\n\r\n"
    return head + b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


def _nested() -> Named:
    for subtype in ("mixed", "alternative", "related"):
        for names in itertools.permutations(PARTS, 3):
            first, second, third = (PARTS[name] for name in names)
            inner = multipart(b"alternative", first, second, boundary=b"inner")
            yield f"{subtype}-{'-'.join(names)}", DATED + multipart(subtype.encode(), inner, third)
    doll = PARTS["plain"]
    for level in range(40):
        doll = multipart(b"mixed", doll, boundary=b"d%d" % level)
    yield "forty-deep", DATED + doll
    yield "six-hundred-parts", DATED + multipart(b"mixed", *[PARTS["plain"]] * 600)


def _broken() -> Named:
    edge = b"Content-Type: multipart/mixed; boundary=edge"
    bodies = (
        b"", b"no boundary at all", b"--edge", b"--edge--", b"--edge\r\n",
        b"--edge\r\n\r\n--edge--", b"--edge\r\n\r\ncut o",
        b"--edge\r\nContent-Type: text/html\r\n--edge--", b"--edgeX\r\n\r\nx\r\n--edgeX--",
        b"--edge \t\r\n\r\nx\r\n--edge-- ",
        b"--edge\n\nx\n--edge--", b"--edge\r\n" + multipart(b"mixed", PARTS["html"]) + b"--edge--", b"\x00" * 300,
        b"--edge\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--edge--",
        b"--edge--\r\n--edge\r\n\r\nafter the end",
        b"--edge\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=Z=\r\n=C3\r\n--edge--",
        b"--edge\r\nContent-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\n\r\n--edge--",
    )  # fmt: skip
    for number, body in enumerate(bodies):
        yield f"boundary-{number}", _with(edge, body)
    for number, raw in enumerate(
        (b"", b"\r\n", b"\n\n", b"\x00", b"\xff" * 50, b"x", b":", b"From x\r\n", b"\r", FROM)
    ):
        yield f"whole-{number}", raw
    for word in (b"", b"boundary", b"boundary=", b'boundary=""', b"boundary=\xff", b"boundary=" + b"b" * 3000):
        yield f"parameter-{word[:12]!r}", _with(b"Content-Type: multipart/mixed; " + word, b"--b\r\n\r\nx\r\n--b--")


def _markup() -> Named:
    pages = (
        "", "<", "<p", "<p a='", "&", "&#0;&#xD800;&#x110000;&nosuch;", "<!--", "<!-- -- >",
        "<![CDATA[x]]>", "<?xml?>",
        "<script>x", "<style>x", "<title>x", "<textarea>x", "<plaintext>x", "<xmp>x",
        "<svg><style><p>", "<math><mi>x",
        "<table><p>x<td>y</table>", "<b><p>x</b>y", "<div>" * 3000, "<p>" * 3000, "<a href='javascript:x'>y</a>",
        "<img src=cid:nobody@x>", "<img src='data:image/png;base64,AA=='>",
        "<base href=//x><a href=y>z</a>", "\x00\x01<p>",
        "<meta charset=utf-16><p>ü", "<p style='background:url(cid:p@x);position:fixed'>x",
        "<style>@import 'x';p{a:b}</style>x",
        "<html dir=rtl lang=he><body bgcolor=red>שלום", "<o:p>&nbsp;</o:p><v:shape>x</v:shape>",
        "<form><input value=x>y",
        "<!--[if mso]><p>a<![endif]--><!--[if !mso]><!--><p>b<!--<![endif]-->", "<pre>\n a\n  b\n</pre>", "😀" * 100,
        "<p>\ufffe\uffff\u2028\u202e</p>", "<font size=7><center><marquee>x",
        "&amp;" * 3000, "<td>" * 200, "x" * 30_000,
    )  # fmt: skip
    for number, page in enumerate(pages):
        yield str(number), _with(b"Content-Type: text/html; charset=utf-8", page.encode())


CALENDAR = (
    "BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:u@example.test\r\nDTSTART:{start}\r\nDTEND:{end}\r\n"
    "DTSTAMP:20261123T100000Z\r\nSUMMARY:Meeting\r\nORGANIZER:mailto:bob@example.test\r\n{more}"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def _kinds() -> Named:
    for method, more in itertools.product(
        ("REQUEST", "REPLY", "CANCEL", "COUNTER", "PUBLISH", "BANANA"),
        ("", "RRULE:FREQ=DAILY;COUNT=3\r\n", "RRULE:FREQ=SECONDLY\r\n", "ATTENDEE;PARTSTAT=DECLINED:mailto:a@x\r\n"),
    ):
        text = CALENDAR.format(method=method, start="20261201T100000Z", end="20261201T110000Z", more=more)
        yield (
            f"itip-{method}-{more[:14].strip()}",
            _with(f"Content-Type: text/calendar; method={method}".encode(), text.encode()),
        )
    for start, end in (
        ("20261201", "20261202"),
        ("x", "y"),
        ("99999999T999999Z", ""),
        ("20261201T100000Z", "20251201T100000Z"),
    ):
        text = CALENDAR.format(method="REQUEST", start=start, end=end, more="LOCATION:\\,\\;\\n😀\r\n")
        yield f"itip-time-{start}-{end}", _with(b"Content-Type: text/calendar; method=REQUEST", text.encode())
    cipher = base64.encodebytes(bytes(range(256)))
    yield "smime-sealed", _with(b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64", cipher)
    signature = b"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n" + cipher
    for name, part in PARTS.items():
        yield f"smime-signed-{name}", DATED + multipart(b"signed", part, signature)
    tnef = (
        b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+IgEA\r\n"
    )
    yield "tnef", DATED + multipart(b"mixed", PARTS["plain"], tnef)
    for action in (b"failed", b"delayed", b"delivered", b"", b"\xff"):
        status = (
            b"Content-Type: message/delivery-status\r\n\r\nAction: " + action + b"\r\nFinal-Recipient: rfc822; x\r\n"
        )
        yield (
            f"report-{action!r}",
            DATED + multipart(b"report", PARTS["plain"], status, more=b"; report-type=delivery-status"),
        )
    receipt = b"Content-Type: message/disposition-notification\r\n\r\nDisposition: x; displayed\r\n"
    yield "receipt", DATED + multipart(b"report", PARTS["plain"], receipt)
    sound = b"Content-Type: audio/wav; name=a.wav\r\nContent-Transfer-Encoding: base64\r\n\r\nUklGRg==\r\n"
    yield "voice", DATED + b"Content-Class: urn:content-classes:voice\r\n" + multipart(b"mixed", PARTS["plain"], sound)
    yield "uuencode", _plain(b"", b"See below.\r\nbegin 644 a.txt\r\n#86)C\r\n`\r\nend\r\n")
    for delsp in (b"", b"; delsp=yes"):
        yield (
            f"flowed{delsp.decode()}",
            _plain(b"; format=flowed" + delsp, b">> a \r\n>> b\r\n c \r\n\r\n-- \r\nBob\r\n"),
        )


def _sizes() -> Named:
    yield "header-of-64k", _with(b"X-Long: " + b"y" * 70_000, b"x")
    yield "header-block-of-300k", _with(b"\r\n".join(b"X-%d: %s" % (n, b"z" * 90) for n in range(3000)), b"x")
    yield "one-line-of-200k", _plain(b"", b"w" * 200_000)
    yield "emoji-of-100k", _plain(b"; charset=utf-8", "😀".encode() * 25_000)
    yield "name-of-9000", DATED + multipart(b"mixed", b"Content-Type: image/png; name=" + b"n" * 9000 + b"\r\n\r\nx")
    yield "references-of-2000", _with(b"References: " + b" ".join(b"<%d@x>" % n for n in range(2000)), b"x")
    yield "empty-parts", DATED + multipart(b"mixed", b"", b"", b"\r\n", b"Content-Type: text/html\r\n\r\n")


def _lines() -> Named:
    sample = DATED + multipart(b"alternative", PARTS["plain"], PARTS["html"])
    for name, end in (("lf", b"\n"), ("cr", b"\r"), ("crcrlf", b"\r\r\n"), ("lfcr", b"\n\r"), ("lflf", b"\n\n")):
        yield name, sample.replace(b"\r\n", end)
    for name, character in (
        ("vt", b"\x0b"),
        ("ff", b"\x0c"),
        ("nel", b"\x85"),
        ("ls", "\u2028".encode()),
        ("nul", b"\x00"),
    ):
        yield name, _plain(b"; charset=utf-8", b"one" + character + b"two\r\n")
