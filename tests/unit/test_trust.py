"""The composition root's trust in certificates: roots and lists from files, and what is never fetched."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from easd.admin.refused import Refused
from easd.config import Smime
from easd.main.trust import trust
from easd.mime.certificates import ListOffline
from tests.support.authority import MIDDLE, ROOT, SIGNER, certificate, revocations

ROOT_CERTIFICATE = certificate(ROOT, ROOT, ca=True)


def test_nothing_is_trusted_unless_the_settings_say_so() -> None:
    made = trust(Smime())
    assert made.roots == ()
    assert made.lists(certificate(SIGNER, ROOT)) == []


def test_roots_and_lists_come_from_files_in_both_forms(tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(ROOT_CERTIFICATE.public_bytes(Encoding.PEM))
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "root.crl").write_bytes(revocations(ROOT, 3).public_bytes(Encoding.DER))
    (lists / "middle.pem").write_bytes(revocations(MIDDLE).public_bytes(Encoding.PEM))
    (lists / "README").write_text("not a list")
    made = trust(Smime(str(roots), str(lists)))
    assert made.roots == (ROOT_CERTIFICATE,)
    assert [one.issuer for one in made.lists(certificate(SIGNER, ROOT))] == [ROOT.subject]
    assert [one.issuer for one in made.lists(certificate(SIGNER, MIDDLE))] == [MIDDLE.subject]


def test_files_that_are_not_there_or_not_what_they_should_be_stop_the_start(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    for settings in (Smime(trusted_roots=missing), Smime(revocation_lists=missing)):
        with pytest.raises(Refused, match="missing"):
            trust(settings)
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "bad.crl").write_bytes(b"no list")
    for settings in (Smime(trusted_roots=str(folder / "bad.crl")), Smime(revocation_lists=str(folder))):
        with pytest.raises(Refused, match="smime"):
            trust(settings)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/list", "http://[::1]/list", "http://169.254.169.254/list"])
def test_a_certificate_cannot_make_the_server_ask_its_neighbours(address: str) -> None:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(address)], None, None, None)
    signer = certificate(SIGNER, ROOT, points=x509.CRLDistributionPoints([point]))
    with pytest.raises(ListOffline, match="not on the public internet"):
        trust(Smime(fetch_revocation_lists=True)).lists(signer)
    assert trust(Smime()).lists(signer) == []


def test_a_certificate_without_an_address_has_no_list() -> None:
    assert trust(Smime(fetch_revocation_lists=True)).lists(certificate(SIGNER, ROOT)) == ()
