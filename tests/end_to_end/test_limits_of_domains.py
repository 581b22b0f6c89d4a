"""What the settings say of domains, as the services that are put together from them have it."""

import pytest

from easd.model.domain import Verification
from easd.service.incoming.recipients import admitted
from easd.service.incoming.refusing import Refused
from tests.support.server import in_process_app, office


def test_mail_for_a_domain_that_is_not_verified_waits_where_the_settings_say_so(sqlite_people: str) -> None:
    with in_process_app(sqlite_people) as application:
        assert admitted(application.services, "bob@example.test")
    with in_process_app(sqlite_people, environ={"EASD_ORGANISATION_UNVERIFIED_DOMAINS": "put-off"}) as application:
        with pytest.raises(Refused) as refusal:
            admitted(application.services, "bob@example.test")
        assert str(refusal.value).startswith("450 4.7.1")
        with office(sqlite_people) as opened:
            opened.desk.organisations.set_verification(1, "example.test", Verification.VERIFIED, opened.now())
        assert admitted(application.services, "bob@example.test")


def test_the_test_domains_are_those_under_the_suffix_of_the_settings(sqlite_people: str) -> None:
    with in_process_app(sqlite_people, environ={"EASD_ORGANISATION_TEST_DOMAIN_SUFFIX": "Mail.Test"}) as application:
        known = application.services.is_test_domain
        assert (known("one.mail.test"), known("mail.test"), known("example.test")) == (True, False, False)
    with in_process_app(sqlite_people) as application:
        assert not application.services.is_test_domain("one.mail.test")
