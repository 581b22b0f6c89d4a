"""Every feature that the demonstration must show, with the check of it."""

import re
from email.utils import parsedate_to_datetime

from tests.unit.demo.features import (
    Check,
    calendar,
    encoded_as,
    field_matches,
    field_reads,
    has_data,
    has_type,
    in_body,
    in_charset,
    in_html,
    in_text,
    inline_pictures,
    is_archive,
    is_tnef,
    is_voice,
    lost_picture,
    name_is,
    named_files,
    recipients,
    report,
    thread_index,
    words_split,
)
from tests.unit.demo.sample import Sample, payload

_CHARSETS = (
    "utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "windows-1251", "koi8-r", "iso-2022-jp",
    "shift_jis",
    "gb18030", "big5", "euc-kr",
)  # fmt: skip

_SCRIPTS = {
    "cyrillic": "[а-яА-Я]{3}",
    "japanese": "[ぁ-ん一-龯]",
    "arabic": "[\u0620-\u064a]{3}",
    "german": "[äöüßÄÖÜ]",
    "emoji": "[\U0001f300-\U0001faff]",
    "hebrew": "[א-ת]{3}",
    "greek": "[α-ωά-ώ]{3}",
    "thai": "[\u0e01-\u0e4e]{3}",
    "hindi": "[\u0904-\u094d]{3}",
}

CHARACTERS: dict[str, Check] = {
    **{f"charset-{charset}": in_charset(charset) for charset in _CHARSETS},
    **{f"encoding-{name}": encoded_as(name) for name in ("7bit", "8bit", "quoted-printable", "base64", "binary")},
    **{f"from-{script}": field_reads("From", pattern) for script, pattern in _SCRIPTS.items()},
    **{f"subject-{script}": field_reads("Subject", pattern) for script, pattern in _SCRIPTS.items()},
    "to-encoded": field_reads("To", "Алиса"),
    "all-headers": lambda sample: all(
        "=?" in sample.field(name)
        for name in (
            "From",
            "Sender",
            "Reply-To",
            "Cc",
            "Subject",
            "Organization",
            "Comments",
            "Keywords",
            "Thread-Topic",
        )
    ),
    "rfc2047-b": field_matches("Subject", r"=\?utf-8\?B\?"),
    "rfc2047-q": field_matches("Subject", r"=\?utf-8\?Q\?"),
    "rfc2047-split": words_split,
    "rfc2047-mixed": field_matches("Subject", r"iso-8859-1\?Q.* and =\?koi8-r\?B.*=\?utf-8\?B"),
    "rfc2047-language": field_matches("Subject", r"=\?utf-8\*ja\?B\?"),
    "rfc2047-lower": lambda sample: "?b?" in sample.field("Subject"),
    "rfc2231": name_is(b"filename*=UTF-8''", "Отчёт за ноябрь.txt"),
    "rfc2231-continued": name_is(b"filename*1*=", "Übersicht der Prüfberichte und Messwerte 2026.txt"),
    "rfc2231-charset": name_is(b"filename*=iso-8859-1'fr'", "Résumé.txt"),
    "name-rfc2047": lambda sample: any(
        name_is(b'filename="=?utf-8?', name)(sample) for name in ("議事録.txt", "Menü für Gäste.txt")
    ),
    "name-raw": in_body('filename="отчёт 🌱.txt"'.encode()),
    "name-in-type": lambda sample: (
        b"filename" not in sample.body and named_files(sample) == ["minutes of the garden club.txt"]
    ),
    "name-none": lambda sample: b"Content-Disposition: attachment\r\n" in sample.body and not named_files(sample),
    "name-hostile": lambda sample: any("../" in name for name in named_files(sample)),
    "name-arabic": name_is(b"filename*=UTF-8''%D8", "تقرير.txt"),
}

STRUCTURE: dict[str, Check] = {
    "pdf": has_data("application/pdf", b"%PDF-1.4\n"),
    "png": has_data("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpeg": has_data("image/jpeg", b"\xff\xd8\xff\xe0"),
    "csv": has_data("text/csv", b"day,shop,"),
    "zip": is_archive("application/zip", "plan.csv"),
    "docx": is_archive("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "word/document.xml"),
    "rtf": has_data("application/rtf", rb"{\rtf1"),
    "vcard": has_data("text/vcard", b"BEGIN:VCARD\r\n"),
    "large-attachment": lambda sample: 300_000 < len(sample.data("image/png")) < 700_000,
    "many-attachments": lambda sample: len(named_files(sample)) >= 8,
    "same-name-twice": lambda sample: named_files(sample) == ["plan.txt", "plan.txt"],
    "attachment-only": lambda sample: sample.types == ["application/pdf"],
    "empty-attachment": lambda sample: named_files(sample) == ["export.dat"] and payload(sample.parts[-1]) == b"",
    "inline-cid": inline_pictures,
    "cid-missing": lost_picture,
    "content-location": lambda sample: any(
        (part.get("Content-Location") or "no") in sample.text("text/html") for part in sample.of_type("image/png")
    ),
    "text-picture-text": lambda sample: sample.types[1:] == ["text/plain", "image/png", "text/plain"],
    "alternative": lambda sample: (
        len(list(sample.parts[0].get_payload())) == 3 and sample.types[0] == "multipart/alternative"
    ),
    "amp": lambda sample: sample.types == ["multipart/alternative", "text/plain", "text/x-amp-html", "text/html"],
    "alternative-html-first": lambda sample: sample.types == ["multipart/alternative", "text/html", "text/plain"],
    "enriched": has_type("text/enriched"),
    "html-only": lambda sample: sample.types == ["text/html"],
    "rfc822": has_type("message/rfc822"),
    "nested-twice": lambda sample: sample.depth(lambda part: part.get_content_type() == "message/rfc822") == 2,
    "rfc822-only": lambda sample: sample.types[0] == "message/rfc822",
    "digest": lambda sample: sample.types.count("message/rfc822") == 3 and "multipart/digest" in sample.types,
    "rfc822-default": lambda sample: "message/rfc822" in sample.types and b"message/rfc822" not in sample.raw,
    "flowed": lambda sample: sample.parsed.get_param("format") == "flowed" and " \r\n" in sample.text(),
    "flowed-delsp": lambda sample: sample.parsed.get_param("delsp") == "yes",
    "quoted": in_text(r"^>>> "[1:]),
    "long-line": lambda sample: max(map(len, sample.text().splitlines()), default=0) > 500,
    "lone-dot": in_text(r"\r\n\.\r\n"),
    "large-plain": lambda sample: sample.types == ["text/plain"] and len(payload(sample.parsed)) > 200_000,
    "one-word": lambda sample: sample.body.strip() == b"Yes!",
    "empty-body": lambda sample: (
        sample.body.strip() == b"" and sample.field("Subject") != "" and len(sample.fields("To")) == 1
    ),
    "no-subject": lambda sample: sample.fields("Subject") == [""],
    "many-recipients": lambda sample: len(recipients(sample)) >= 60,
    "undisclosed": field_matches("To", "^undisclosed-recipients:;$"),
    "bcc-only": lambda sample: recipients(sample) == ["bob@example.test"] and not sample.fields("Bcc"),
    "bcc-header": field_matches("Bcc", "@example.test"),
    "address-group": field_matches("To", r"^Kitchen team: .*;$"),
    "two-authors": lambda sample: sample.field("From").count("@") == 2 and bool(sample.field("Sender")),
    "resent": field_matches("Resent-To", "alice@example.test"),
    "address-comment": field_matches("From", r"\(Carol, from the phone\)"),
}

LOOKS: dict[str, Check] = {
    "html-newsletter": lambda sample: (
        sample.text("text/html").count("<table") >= 3 and "@media" in sample.text("text/html")
    ),
    "html-outlook": in_html(r"<!--\[if gte mso 9\]>.*MsoNormal"),
    "html-webmail": in_html(r'class="gmail_quote".*<blockquote'),
    "html-phone": in_html(r'lineBreakAtBeginningOfSignature.*blockquote type="cite"'),
    "html-hostile": in_html(r"<script>.*onload=.*<iframe.*<form.*javascript:.*onerror="),
    "html-broken": in_html(r"<b>.*<i>.*</b>.*&bogus;"),
    "html-rtl": in_html(r'^<html dir="rtl"'),
    "html-deep": lambda sample: sample.text("text/html").count("<div>") >= 300,
    "html-table": lambda sample: sample.text("text/html").count("<tr>") >= 400,
    "html-meta": in_html(r'<meta charset="windows-1252">'),
    "thread-topic": field_matches("Thread-Topic", r"\S"),
    "thread-index": thread_index,
    "conversation-reply": lambda sample: (
        sample.field("In-Reply-To") in sample.field("References") and bool(sample.field("In-Reply-To"))
    ),
    "unsubscribe": field_matches("List-Unsubscribe", r"<https://"),
    "list": lambda sample: (
        all(sample.field(f"List-{name}") for name in ("Id", "Post", "Unsubscribe", "Archive"))
        or bool(sample.field("List-Id") and sample.field("X-BeenThere"))
    ),
    "draft": lambda sample: sample.field("From").endswith("@example.test>") and not sample.fields("Received"),
}

_BOB_MEETING = r"^ORGANIZER;CN=Bob Brandt"

MACHINES: dict[str, Check] = {
    "calendar-request": calendar("^METHOD:REQUEST", _BOB_MEETING, "^SEQUENCE:0", "^DTSTART;TZID=Europe/Berlin:"),
    "vtimezone": calendar("^BEGIN:VTIMEZONE", "^TZOFFSETTO:\\+0200"),
    "calendar-recurring": calendar("^METHOD:REQUEST", "^RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=12", "^EXDATE"),
    "calendar-all-day": calendar("^METHOD:REQUEST", "^DTSTART;VALUE=DATE:"),
    "calendar-only": lambda sample: (
        sample.types == ["text/calendar"] and "DURATION:PT45M" in sample.text("text/calendar")
    ),
    "calendar-update": calendar("^METHOD:REQUEST", "^SEQUENCE:1"),
    "calendar-recurrence-id": calendar("^METHOD:REQUEST", "^RECURRENCE-ID;"),
    "calendar-cancel": calendar("^METHOD:CANCEL", "^STATUS:CANCELLED"),
    "calendar-reply-accepted": calendar("^METHOD:REPLY", "PARTSTAT=ACCEPTED"),
    "calendar-reply-tentative": calendar("^METHOD:REPLY", "PARTSTAT=TENTATIVE"),
    "calendar-reply-declined": calendar("^METHOD:REPLY", "PARTSTAT=DECLINED"),
    "calendar-attachment": calendar("^BEGIN:VEVENT", typed=False),
    "dsn-failed": report("delivery-status", "message/delivery-status", rb"Action: failed\r\nStatus: 5\.1\.1"),
    "dsn-delayed": report("delivery-status", "message/delivery-status", rb"Action: delayed\r\nStatus: 4\."),
    "dsn-delivered": report("delivery-status", "message/delivery-status", rb"Action: delivered\r\nStatus: 2\."),
    "dsn-headers": report("delivery-status", "text/rfc822-headers", rb"Action: failed"),
    "dsn-global": report("delivery-status", "message/global-delivery-status", rb"Final-Recipient: utf-8; \xc3"),
    "mdn": report("disposition-notification", "message/disposition-notification", rb"MDN-sent-manually; displayed"),
    "mdn-deleted": report("disposition-notification", "message/disposition-notification", rb"automatically; deleted"),
    "receipt-asked": field_matches("Disposition-Notification-To", "carol@example.test"),
    "auto-reply": lambda sample: (
        sample.field("Auto-Submitted") == "auto-replied" and "X-Auto-Response-Suppress" in sample.parsed
    ),
    "auto-generated": field_matches("Auto-Submitted", "^auto-generated$"),
    "voice": is_voice,
    "missed-call": field_matches("Content-Class", "^missedcall$"),
    "fax": field_matches("Content-Class", "^fax$"),
    "importance-high": field_matches("Importance", "^high$"),
    "importance-low": field_matches("Importance", "^low$"),
    "x-priority": lambda sample: sample.field("X-Priority") == "2" and not sample.field("Importance"),
    "sensitivity": field_matches("Sensitivity", "^Private$"),
    "expires": field_matches("Expiry-Date", "2026"),
    "tnef": is_tnef,
    "pgp-encrypted": lambda sample: (
        sample.types == ["multipart/encrypted", "application/pgp-encrypted", "application/octet-stream"]
    ),
    "pgp-signed": lambda sample: sample.types == ["multipart/signed", "text/plain", "application/pgp-signature"],
    "pgp-inline": in_text("^-----BEGIN PGP SIGNED MESSAGE-----"),
    "external-body": has_type("message/external-body"),
    "received-trace": lambda sample: len(sample.fields("Received")) >= 4,
    "smime-signed": lambda sample: (
        sample.types[0] == "multipart/signed" and sample.data("application/pkcs7-signature")[:1] == b"\x30"
    ),
    "smime-opaque": lambda sample: (
        sample.parsed.get_param("smime-type") == "signed-data" and sample.data("application/pkcs7-mime")[:1] == b"\x30"
    ),
    "smime-encrypted": lambda sample: (
        sample.parsed.get_param("smime-type") == "enveloped-data"
        and sample.data("application/pkcs7-mime")[:1] == b"\x30"
    ),
}


def _unparsable_date(sample: Sample) -> bool:
    try:
        parsedate_to_datetime(sample.field("Date"))
    except ValueError:
        return bool(sample.field("Date"))
    return False


def _boundary_declared(sample: Sample, occurs: bool) -> bool:
    boundary = sample.parsed.get_boundary()
    return boundary is not None and (f"--{boundary}".encode() in sample.body) == occurs


def _undecodable(sample: Sample) -> bool:
    try:
        payload(sample.parsed).decode(str(sample.parsed.get_content_charset()))
    except (UnicodeDecodeError, LookupError):
        return True
    return False


def _calls_itself(charset: str) -> Check:
    return lambda sample: sample.parsed.get_content_charset() == charset and _undecodable(sample)


MALFORMED: dict[str, Check] = {
    "no-end-boundary": lambda sample: _boundary_declared(sample, True) and not sample.raw.rstrip().endswith(b"--"),
    "boundary-never": lambda sample: _boundary_declared(sample, False),
    "no-boundary": lambda sample: (
        "multipart/mixed" in sample.field("Content-Type") and "boundary" not in sample.field("Content-Type")
    ),
    "no-parts": lambda sample: sample.body.strip() == b"--edge--",
    "same-boundary": lambda sample: sample.raw.count(b'boundary="edge"') == 2,
    "boundary-prefix": lambda sample: (
        b'boundary="edge1"' in sample.body and 'boundary="edge"' in sample.field("Content-Type")
    ),
    "boundary-blanks": in_body(rb"--edge  \r\n.*--edge--   \r\n"),
    "deep-30": lambda sample: sample.depth(lambda part: part.get_content_maintype() == "multipart") >= 30,
    "deep-messages": lambda sample: sample.depth(lambda part: part.get_content_type() == "message/rfc822") >= 12,
    "raw-utf8-header": lambda sample: not sample.head.isascii() and len(sample.head.decode()) > 100,
    "raw-latin-header": lambda sample: "Größere" in sample.field("Subject"),
    "duplicate-headers": lambda sample: all(
        len(sample.fields(name)) == 2 for name in ("Subject", "From", "Date", "Content-Type")
    ),
    "long-header": lambda sample: max(map(len, sample.head.split(b"\r\n"))) > 5000,
    "no-headers": lambda sample: sample.raw.startswith(b"\r\n") and len(sample.raw) > 10,
    "no-body": lambda sample: b"\r\n\r\n" not in sample.raw and b"Subject: " in sample.raw,
    "header-no-colon": lambda sample: any(
        b":" not in line for line in sample.head.split(b"\r\n") if line[:1] not in b" \t"
    ),
    "nearly-empty": lambda sample: sample.raw == b"\r\n",
    "broken-date": _unparsable_date,
    "no-date": lambda sample: bool(sample.field("Subject")) and not sample.fields("Date"),
    "old-date": field_matches("Date", " 1903 "),
    "broken-words": field_matches("Subject", r"=ZZ.*=\?klingon\?.*=\?utf-8\?B\?$"),
    "broken-address": lambda sample: sample.field("From").count("<") != sample.field("From").count(">"),
    "broken-content-type": field_matches("Content-Type", "^plain text, mostly"),
    "broken-ids": lambda sample: "<" not in sample.field("Message-ID") and "<>" in sample.field("References"),
    "bare-lf": lambda sample: b"\r" not in sample.raw and sample.raw.count(b"\n") > 5,
    "bare-cr": lambda sample: re.search(rb"\r(?!\n)", sample.raw) is not None and b"\r\n" in sample.raw,
    "mixed-line-ends": lambda sample: all(
        re.search(end, sample.body) for end in (rb"\r\n", rb"\r(?!\n)", rb"(?<!\r)\n")
    ),
    "mbox-from": lambda sample: sample.raw.startswith(b"From bob@example.test "),
    "wrong-charset": _calls_itself("us-ascii"),
    "wrong-charset-utf8": _calls_itself("utf-8"),
    "unknown-charset": _calls_itself("x-martian"),
    "unknown-encoding": field_matches("Content-Transfer-Encoding", "^x-uuencode$"),
    "broken-base64": lambda sample: sample.field("Content-Transfer-Encoding") == "base64" and b"!!*~" in sample.body,
    "broken-qp": lambda sample: (
        sample.field("Content-Transfer-Encoding") == "quoted-printable" and b"=ZZ" in sample.body
    ),
    "nul": lambda sample: b"\0" in sample.body,
    "nul-header": lambda sample: b"\0" in sample.head,
    "cut-picture": lambda sample: (
        sample.data("image/png")[:4] == b"\x89PNG" and b"IEND" not in sample.data("image/png")
    ),
    "encoded-multipart": lambda sample: (
        sample.field("Content-Transfer-Encoding") == "base64" and sample.field("Content-Type").startswith("multipart/")
    ),
    "uuencode": in_text(r"begin 644 .*\r\nend\r\n"),
    "random": lambda sample: len(set(sample.body)) > 250,
    "many-parts": lambda sample: len(sample.parts) > 100,
    "many-headers": lambda sample: sample.head.count(b"\r\n") > 250,
    "many-references": lambda sample: sample.field("References").count("<") >= 200,
}

REQUIRED: dict[str, Check] = {**CHARACTERS, **STRUCTURE, **LOOKS, **MACHINES, **MALFORMED}
"""Feature to its check. Each must be true of the messages that claim it and false of others."""
