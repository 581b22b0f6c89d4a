"""The audit log as the store keeps it."""

from datetime import timedelta

from easd.model.audit import BEGUN, DONE, AuditLine, AuditQuestion
from easd.store import Audit, SqlStore
from tests.support.stores import START, when

LINE = AuditLine(0, when(START), "cli:root", None, "CreateUser", "Alice@Example.test", {"name": "Älice", "n": [1]})


def test_a_line_comes_back_as_it_was_begun_and_ended(store: SqlStore) -> None:
    audit = Audit(store.database)
    number = audit.add(LINE)
    [found] = audit.lines(AuditQuestion())
    assert found == AuditLine(number, *(getattr(LINE, name) for name in AuditLine.__slots__[1:]))
    assert found.outcome == BEGUN
    audit.end(number, DONE)
    assert audit.lines(AuditQuestion())[0].outcome == DONE


def test_lines_are_found_by_moment_actor_target_and_organisation(store: SqlStore) -> None:
    audit = Audit(store.database)
    later = when(START) + timedelta(hours=1)
    rows = (
        LINE,
        AuditLine(0, later, "cli:rooter", 2, "ResetPassword", "bob@example.test"),
        AuditLine(0, later, "key:EASD1", 3, "DeleteUser", "carol@example.test"),
    )
    first, second, third = (audit.add(row) for row in rows)

    def found(question: AuditQuestion) -> list[int]:
        return [line.id for line in audit.lines(question)]

    assert found(AuditQuestion()) == [third, second, first]
    assert found(AuditQuestion(since=later)) == [third, second]
    assert found(AuditQuestion(actor="cli")) == [second, first]
    assert found(AuditQuestion(actor="cli:root")) == [first]
    assert found(AuditQuestion(target="ALICE@example.test ")) == [first]
    assert found(AuditQuestion(organisation=2)) == [second]
    assert found(AuditQuestion(before=third, limit=1)) == [second]


def test_old_lines_are_forgotten(store: SqlStore) -> None:
    audit = Audit(store.database)
    audit.add(LINE)
    kept = audit.add(AuditLine(0, when(START) + timedelta(days=2), "cli:root", None, "X", ""))
    assert audit.prune(when(START) + timedelta(days=1)) == 1
    assert [line.id for line in audit.lines(AuditQuestion())] == [kept]
