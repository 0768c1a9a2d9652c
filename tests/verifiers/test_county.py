"""The made county: repeatable, correct in every check character, and plainly nobody's."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from stdnum.cn import uscc

from verifiers.name_parts import split
from verifiers.name_terms import divisions
from verifiers.registries import ANCHOR, County
from verifiers.registries.codes import organisation_check, person_number, social_credit_code
from verifiers.registries.county import NAMES, PLAIN_PEOPLE
from verifiers.registries.faults import opposite
from verifiers.registries.properties import EACH, PROPERTIES
from verifiers.registries.words import COMPANIES, FIRST, FREE, SHOPS
from verifiers.resident_id import full_years, well_formed

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def test_five_thousand_people_with_numbers_of_their_own(county: County) -> None:
    people = list(county.people())
    assert len(people) == county.people_count >= 5000
    assert len({person.id_number for person in people}) == len(people)
    for person in people:
        assert well_formed(person.id_type, person.id_number, ANCHOR), person
        assert person.name[1] == "示"
        if person.id_type == "resident_id":
            assert person.id_number[:6] in {"370784", "370722"}
            assert int(person.id_number[14:17]) >= 800
    assert all(full_years(person.born_on, ANCHOR) >= 18 for person in people[:PLAIN_PEOPLE])


def test_the_same_seed_makes_the_same_county_and_another_another() -> None:
    one, same, other = County(), County(), County(seed=7)
    for index in (0, 17, 4999, 5100):
        assert one.person(index) == same.person(index)
        assert one.business_name(index) == same.business_name(index)
        assert one.address(index) == same.address(index)
    assert [one.person(i) for i in range(20)] != [other.person(i) for i in range(20)]


def test_the_anchor_moves_events_and_not_people() -> None:
    later = County(anchor=ANCHOR + timedelta(days=100))
    assert later.person(5) == County().person(5)
    assert later.business_name(5).since == County().business_name(5).since + timedelta(days=100)


@pytest.mark.parametrize("name", list(PROPERTIES))
def test_eight_people_have_each_property(county: County, name: str) -> None:
    people = {county.with_property(name, index).id_number for index in range(EACH)}
    assert len(people) == EACH
    assert {county.with_property(name, index).property for index in range(EACH)} == {name}


def test_a_property_that_nobody_has_lists_those_there_are(county: County) -> None:
    with pytest.raises(KeyError, match="no property 'late'; there are deceased"):
        county.with_property("late")


@pytest.mark.parametrize("years", [14, 15, 16, 17, 18])
@pytest.mark.parametrize("on", [date(2026, 11, 20), date(2027, 6, 1)])
def test_there_is_a_young_person_of_each_age(county: County, years: int, on: date) -> None:
    assert full_years(county.aged(years, on).born_on, on) == years


def test_nobody_is_two_hundred(county: County) -> None:
    with pytest.raises(KeyError, match="200"):
        county.aged(200, ANCHOR)


def test_a_stranger_has_a_good_number_and_is_on_no_record(county: County) -> None:
    known = {person.id_number for person in county.people()}
    for index in range(50):
        stranger = county.stranger(index)
        assert well_formed("resident_id", stranger.id_number, ANCHOR)
        assert stranger.id_number not in known


def test_twenty_thousand_names_that_the_parser_understands(county: County) -> None:
    names = list(county.names())
    assert len(names) == NAMES == len({name.full for name in names})
    for name in names:
        parts = split(name.full)
        assert (parts.told_apart, parts.trade_name, parts.industry or "") == (True, name.trade_name, name.industry), (
            name.full
        )
    assert {name.status for name in names} == {"registered", "reserved", "revoked", "cancelled", "changed", "rescinded"}
    for status in ("cancelled", "changed", "rescinded"):
        ages = [(ANCHOR - name.since).days for name in names if name.status == status]
        assert min(ages) < 365
        assert max(ages) > 366
    codes = [name.uscc for name in names if name.uscc]
    assert len(set(codes)) == len(codes)
    assert all(uscc.is_valid(code) and organisation_check(code[8:16]) == code[16] for code in codes[::97])


def test_free_names_are_free(county: County) -> None:
    taken = {name.trade_name for name in county.names()}
    free = {county.free_trade_name(index) for index in range(288)}
    assert len(free) == 288
    assert not free & taken
    assert not set(FREE) & set(FIRST)
    for index in range(30):
        for company in (True, False):
            assert split(county.free_business_name(index, company=company)[0]).told_apart


def test_the_main_businesses_are_classes_of_the_standard() -> None:
    if not SHARED.exists():
        pytest.skip("the shared table of GB/T 4754 is not there")
    with (SHARED / "data" / "gbt4754-2017.csv").open(encoding="utf-8") as file:
        codes = {row["code"] for row in csv.DictReader(file)}
    assert {code for _, _, code in COMPANIES + SHOPS} <= codes


def test_the_towns_are_those_of_the_statistics_office() -> None:
    towns = {division.code: division.name for division in divisions() if division.level == 3}
    assert len(towns) == 12
    if not SHARED.exists():
        pytest.skip("the shared table of towns is not there")
    with (SHARED / "data" / "anqiu-towns.csv").open(encoding="utf-8") as file:
        assert towns == {row["code"]: row["name"] for row in csv.DictReader(file)}


def test_the_address_tree_reaches_every_house(county: County) -> None:
    places = list(county.addresses())
    assert len(places) == len({place.code for place in places}) == len({place.text for place in places}) > 25_000
    assert {place.parts[3] for place in places} == {division.name for division in divisions() if division.level == 3}
    assert {place.kind for place in places} == {
        "residential",
        "commercial",
        "office",
        "industrial",
        "public",
        "farmland",
    }
    assert all(len(place.code) == 18 for place in places)


@pytest.mark.parametrize("kind", ["residential", "commercial", "office", "industrial"])
def test_free_places_have_nothing_against_them(county: County, kind: str) -> None:
    places = [county.free_address(kind, index) for index in range(5)]
    assert len({place.code for place in places}) == 5
    for place in places:
        assert (place.kind, place.entities, place.restricted, place.flagged_uncontactable) == (kind, 0, False, False)
        assert place.parts[-1].endswith("号")


def test_troubled_places_have_their_trouble(county: County) -> None:
    assert county.troubled_address("restricted").restricted
    assert county.troubled_address("flagged_uncontactable", 1).flagged_uncontactable
    assert county.troubled_address("crowded").entities == 60
    with pytest.raises(KeyError, match="no trouble 'haunted'"):
        county.troubled_address("haunted")


@pytest.mark.parametrize("lookup", ["person", "business_name", "address"])
def test_an_index_that_is_not_there_says_how_many_there_are(county: County, lookup: str) -> None:
    for index in (-1, 10**6):
        with pytest.raises(IndexError, match="there are"):
            getattr(county, lookup)(index)
    with pytest.raises(IndexError, match="fewer than"):
        county.name_with_status("reserved", 10**6)


def test_codes_against_published_ones() -> None:
    assert organisation_check("60003734") == "1"  # 91110000600037341L
    assert organisation_check("MA000001") == "5"  # 92370784MA0000015Y
    assert social_credit_code("1", "370784", 2)[:11] == "91370784MA9"
    assert person_number("resident_id", "110105", date(1949, 12, 31), 2) == ("resident_id", "11010519491231002X")


def test_the_opposite_of_a_claim_turns_its_first_mark() -> None:
    assert opposite({"capacity": "full", "dishonest": False, "x": True}) == {
        "capacity": "full",
        "dishonest": True,
        "x": True,
    }
    assert opposite({"same": []}) == {"same": []}
