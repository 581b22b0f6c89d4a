"""What counts as a citation of a requirement."""

from pathlib import Path

from tests.spec import citations


def cited(folder: Path, source: str) -> set[tuple[str, str, str]]:
    file = folder / "tests" / "test_x.py"
    file.parent.mkdir()
    file.write_text(source, encoding="utf-8")
    return {(one.document, one.number, one.place.partition("::")[2]) for one in citations.of_tests(folder)}


def test_numbers_stand_for_the_document_that_is_named_last(tmp_path: Path) -> None:
    source = '''"""Something (MS-ASCMD Sync; MS-ASAIRS Body)."""
def test_a_R1_and_MS_ASEMAIL_R2_R3() -> None:
    """R4, MS-ASAIRS R5."""
'''
    test = "test_a_R1_and_MS_ASEMAIL_R2_R3"
    assert cited(tmp_path, source) == {
        ("MS-ASCMD", "R1", test),
        ("MS-ASEMAIL", "R2", test),
        ("MS-ASEMAIL", "R3", test),
        ("MS-ASEMAIL", "R4", test),
        ("MS-ASAIRS", "R5", test),
    }


def test_ranges_decorators_and_comments_count_and_helpers_do_not(tmp_path: Path) -> None:
    source = '''"""MS-ASCMD."""
def helper() -> None:  # R1
    pass
@pytest.mark.parametrize("x", [1], ids=["R2"])
def test_a_R3_to_R5() -> None:
    pass  # R7-R8, and R90x is none
'''
    assert {number for _, number, _ in cited(tmp_path, source)} == {"R2", "R3", "R4", "R5", "R7", "R8"}


def test_a_number_without_a_document_is_no_citation(tmp_path: Path) -> None:
    assert cited(tmp_path, '"""Something."""\ndef test_a_R1() -> None:\n    pass\n') == set()
