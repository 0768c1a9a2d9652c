"""Identity numbers: the published ones are good, each way of being wrong is found, real citizens pass."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.resident_id import born_on, check_character, full_years, resident_id_well_formed, well_formed

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    "number",
    [
        "11010519491231002X",  # GB 11643-1999
        "11010519491231002x",
        "370722196505100013",  # given in 安丘县, before it became 安丘市
        "370722198005100016",
        "37078419940228001" + check_character("37078419940228001" + "0"),
        "81000019900101001" + check_character("81000019900101001" + "0"),  # 港澳台居民居住证
    ],
)
def test_possible_numbers(number: str) -> None:
    assert resident_id_well_formed(number, TODAY)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "110105194912310021",  # check character
        "11010519491231002",  # one short
        "11010519491231002XX",
        "１1010519491231002X",  # a full-width digit
        "11010519491231002Χ",  # a Greek capital chi
        "11010519491231002X\n",
        "1101051949123100²X",
        "010105194912310020",
        "440524188001010014",  # right, but 146 years old
    ],
)
def test_impossible_numbers(number: str) -> None:
    assert not resident_id_well_formed(number, TODAY)


def complete(first_seventeen: str) -> str:
    return first_seventeen + check_character(first_seventeen + "0")


@pytest.mark.parametrize("day", ["20990101", "20261123", "20260230", "20250229", "20261301", "00000101"])
def test_a_day_of_birth_must_have_been(day: str) -> None:
    assert not resident_id_well_formed(complete(f"370784{day}001"), TODAY)


def test_who_is_born_today_has_a_number() -> None:
    assert resident_id_well_formed(complete("37078420261122001"), TODAY)


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2008, 11, 22), date(2026, 11, 22), 18),  # on the birthday itself
        (date(2008, 11, 23), date(2026, 11, 22), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2026, 11, 22), date(2026, 11, 22), 0),
    ],
)
def test_age_counts_from_the_birthday_itself(born: date, on: date, years: int) -> None:
    assert full_years(born, on) == years


@pytest.mark.parametrize(
    ("id_type", "number", "good"),
    [
        ("resident_id", "11010519491231002X", True),
        ("hmt_residence", complete("83000019900101001"), True),
        ("resident_id", complete("81000019900101001"), False),  # the number of a residence permit
        ("resident_id", complete("91123419900101001"), False),
        ("hmt_residence", "11010519491231002X", False),
        ("hmt_residence", complete("84000019900101001"), False),
        ("hk_macao_permit", "H12345678", True),
        ("hk_macao_permit", "H1234567890", True),
        ("hk_macao_permit", "h12345678", False),
        ("taiwan_permit", "12345678", True),
        ("taiwan_permit", "1234567", False),
        ("foreign_permanent_residence", complete("91123419900101001"), True),
        ("foreign_permanent_residence", "USA110090010101", True),
        ("foreign_permanent_residence", "11010519491231002X", False),
        ("passport", "E12345678", True),
        ("passport", "E1234567 ", False),
        ("other", "X-1(2)", True),
        ("driving_licence", "12345678", False),
    ],
)
def test_each_kind_of_document_has_its_form(id_type: str, number: str, good) -> None:
    assert well_formed(id_type, number, TODAY) is good


@given(st.text(max_size=24))
def test_no_text_breaks_it(number: str) -> None:
    for id_type in (
        "resident_id",
        "hk_macao_permit",
        "taiwan_permit",
        "foreign_permanent_residence",
        "passport",
        "other",
    ):
        assert well_formed(id_type, number, TODAY) in {True, False}
    born_on(number)


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999), st.integers(0, 16), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(born: date, order: int, place: int, by: int) -> None:
    number = complete(f"370784{born:%Y%m%d}{order:03}")
    assert resident_id_well_formed(number, TODAY)
    assert born_on(number) == born
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert not resident_id_well_formed(wrong, TODAY)
