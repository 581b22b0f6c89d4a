"""`easd doctor` at the doors of mail: what it says of this server's own, and of worse ones."""

import ssl
from pathlib import Path

from easd.client.doctor import mail
from easd.client.doctor.certificate import Context
from easd.client.doctor.finding import Finding, Verdict
from easd.smtp.desk import Way
from tests.support.certificates import self_signed
from tests.support.mail_in import mail_in
from tests.support.world import World

GOOD, NOTE, BAD = Verdict.GOOD, Verdict.NOTE, Verdict.BAD


async def knock(port: int, context: Context, **options: bool) -> Finding:
    return await mail.door("127.0.0.1", port, context, "programs send mail", **options)


async def test_the_doors_of_mail_are_tried_as_servers_and_people_do(world: World, tmp_path: Path) -> None:
    certificate_file, key = self_signed(tmp_path, "127.0.0.1")
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(certificate_file, key)

    def trusting() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=certificate_file)

    ways: tuple[tuple[Way, dict[str, bool]], ...] = (
        (Way.SMTP, {}),
        (Way.SUBMISSION, {"people": True}),
        (Way.SUBMISSIONS, {"people": True, "tls": True}),
    )
    for way, options in ways:
        with mail_in(world, way, tls=own) as port:
            well = await knock(port.number, trusting, **options)
            assert (well.verdict, "TLSv1.3" in well.found) == (NOTE, True), "it ends within a day"
            strange = await knock(port.number, ssl.create_default_context, **options)
            assert strange.verdict is (BAD if options else NOTE)
            assert "self-signed" in strange.found
    with mail_in(world) as port:
        bare = await knock(port.number, trusting)
        assert (bare.verdict, "STARTTLS" in bare.found) == (NOTE, True)
        wrong = await knock(port.number, trusting, people=True)
        assert (wrong.verdict, "STARTTLS" in wrong.found) == (BAD, True)
    assert (await knock(port.number, trusting)).verdict is BAD
    assert (await knock(port.number, trusting, people=True)).verdict is NOTE
