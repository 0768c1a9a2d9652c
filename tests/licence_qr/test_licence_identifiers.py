import doctest
from datetime import date

import pytest

from licence_qr import identifiers, uscc
from licence_qr.errors import IdentifierError
from licence_qr.identifiers import licence_identifier, parse_identifier, serial_for
from licence_qr.uscc import credit_code, load_block, parse_credit_code, subject_check, synthetic_block

ISSUER = "113707847973232955"
PUBLISHED = (
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
    "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
)
REAL_CODES = [
    "91110000600037341L",
    "9144030071526726XG",
    "91440300708461136T",
    "91330100799655058B",
    "914403001922038216",
    "91500111MADAFDA278",
    "11100000MB0143028R",
    "113707847973232955",
    "113700000045046442",
]


@pytest.mark.parametrize("module", [identifiers, uscc])
def test_the_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("text", PUBLISHED)
def test_published_identifiers_are_read_and_written_back(text):
    assert str(parse_identifier(text)) == text


@pytest.mark.parametrize("text", PUBLISHED)
def test_any_other_check_character_is_refused(text):
    for other in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".replace(text[-1], ""):
        with pytest.raises(IdentifierError, match="the check character is"):
            parse_identifier(text[:-1] + other)


def test_a_digit_changed_anywhere_is_found():
    text = PUBLISHED[0]
    for place in range(15, len(text) - 1):
        if text[place].isdigit():
            changed = text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]
            with pytest.raises(IdentifierError):
                parse_identifier(changed)


@pytest.mark.parametrize("text", ["", PUBLISHED[0] + "\n", PUBLISHED[0].lower(), PUBLISHED[0].replace(".001.", ".1.")])
def test_another_shape_is_refused(text):
    with pytest.raises(IdentifierError, match="six parts"):
        parse_identifier(text)


def test_a_six_digit_issuer_is_read_and_never_written():
    with pytest.raises(IdentifierError, match="18 characters"):
        licence_identifier("340100", "000000016")


def test_a_new_version_keeps_all_but_the_version():
    first = licence_identifier(ISSUER, serial_for(date(2026, 11, 22), 1))
    second = first.next_version()
    assert (second.serial, second.version, first.version) == ("2026112200000001", 2, 1)
    assert parse_identifier(str(second)) == second


def test_versions_and_serials_run_out_loudly():
    with pytest.raises(IdentifierError, match="999 is the last"):
        licence_identifier(ISSUER, "1", 999).next_version()
    with pytest.raises(IdentifierError, match="from 1 to 999"):
        licence_identifier(ISSUER, "1", 0)
    with pytest.raises(IdentifierError, match="count from 1"):
        serial_for(date(2026, 11, 22), 0)
    with pytest.raises(IdentifierError, match="version 000"):
        parse_identifier(PUBLISHED[0].replace(".001.", ".000."))


@pytest.mark.parametrize("code", REAL_CODES)
def test_real_credit_codes_pass_both_checks(code):
    parsed = parse_credit_code(code)
    assert str(parsed) == code
    assert subject_check(parsed.subject[:8]) == parsed.subject[8]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("91110108592317351H", "GB 11714 gives"),
        ("91110000600037341K", "GB 32100 gives L"),
        ("9111000060003734L", "17 characters"),
        ("9111000060003734IL", "'I' is not used"),
        ("91110000600037341l", "'l' is not used"),
        ("94110000600037341L", "registers no class 4"),
        ("91A10000600037341L", "not a division code"),
        ("91110000６00037341L", "is not used"),
    ],
)
def test_a_wrong_credit_code_is_told_which_part_is_wrong(code, why):
    with pytest.raises(IdentifierError, match=why):
        parse_credit_code(code)


def test_an_inner_check_that_is_wrong_is_found_although_the_outer_one_is_right():
    wrong = "91370784MA0000024"
    outer = uscc.outer.calc_check_digit(wrong)
    assert uscc.outer.is_valid(wrong + outer)
    with pytest.raises(IdentifierError, match="character 17 is 4, GB 11714 gives 3"):
        parse_credit_code(wrong + outer)


def test_a_synthetic_block_is_well_formed_and_without_repetition():
    block = list(synthetic_block("91", "370784", 1, 2000))
    assert block[:2] == ["91370784MA00000152", "91370784MA0000023W"]
    assert len(set(block)) == 1999
    assert {str(parse_credit_code(code)) for code in block} == set(block)
    assert next(synthetic_block("92", "370784", 1, 2)) == "92370784MA0000015Y"


def test_a_block_file_is_read_whole_or_not_at_all(tmp_path):
    file = tmp_path / "block.txt"
    codes = list(synthetic_block("91", "370784", 1, 4))
    file.write_text("# allotted 2026-11\n\n" + "\n".join(codes) + "\n")
    assert load_block(file, kind="91", division="370784") == tuple(codes)
    second_is_bad = [codes[0], codes[1][:-1] + "0"]
    for lines, why in (
        (second_is_bad, r"block.txt line 2"),
        ([codes[0], codes[0]], "stands on line 1 too"),
        ([codes[0], str(credit_code("92", "370784", "MA000001"))], "the block is for 91370784"),
    ):
        file.write_text("\n".join(lines))
        with pytest.raises(IdentifierError, match=why):
            load_block(file, kind="91", division="370784")
