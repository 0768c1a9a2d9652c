"""The folders of `make_pass_attacks` are what the script makes; without an attack the same log holds."""

import pytest

from audit.authorities import SCHEMA, Authorities
from audit.export_reader import Export
from audit.verify import verify
from tests.audit import make_attacks, make_pass_attacks
from tests.support.authorities import offices


def test_without_an_attack_nothing_is_refused(tmp_path):
    make_pass_attacks._export(tmp_path)
    found = verify(Export(tmp_path / "export"))
    assert {fault.step for fault in found.faults} == {"rule sets"}, (
        found.faults
    )  # these small exports carry no rule book
    assert found.counts["pass"] == 3


def test_the_auditors_own_list_of_authorities_stands_over_the_exports(tmp_path):
    make_pass_attacks._export(tmp_path)
    faults = verify(Export(tmp_path / "export"), authorities=Authorities({})).faults
    assert [fault.place for fault in faults if fault.step == "passes"] == ["leaf 0", "leaf 2", "leaf 4"]


def test_each_attack_is_on_the_second_pass_and_never_on_the_first(tmp_path):
    for name, (_, make) in make_pass_attacks.ATTACKS.items():
        make(tmp_path / name)
        faults = [fault for fault in verify(Export(tmp_path / name / "export")).faults if fault.step != "rule sets"]
        assert {fault.place for fault in faults} & {"leaf 0", "leaf 1"} == set(), (name, faults)
        assert faults, name


MEMBERS = ("act", "at", "authority", "licence", "registry", "statement_sha256", "type_code", "uscc")


@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, True])
def test_a_leaf_of_any_form_is_a_fault_and_never_an_error(tmp_path, junk):
    for member in MEMBERS:
        if (member, junk) == ("licence", None):
            continue  # that is what the leaf says
        make_pass_attacks._export(tmp_path / member, leaf={member: junk})
        faults = verify(Export(tmp_path / member / "export")).faults
        assert [fault for fault in faults if fault.step in ("records", "passes")], member


def test_the_kept_folders_are_what_the_script_makes(tmp_path):
    make_pass_attacks.main(tmp_path)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == sorted(path.name for path in make_attacks.FOLDER.glob("log_pass_*_fail"))
    for folder in tmp_path.iterdir():
        files = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        kept = make_attacks.FOLDER / folder.name
        assert files == {path.relative_to(kept): path.read_bytes() for path in kept.rglob("*") if path.is_file()}


def _listed(**changed):
    health, civil = [offices(0)[code].entry() for code in ("health-370784", "civil-370784")]
    return {"schema": SCHEMA, "authorities": [health, {**civil, **changed}]}


RIGHT = _listed()["authorities"][1]["registers"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"registers": None}, "authorities/1/permit_types"),  # an entry that may do nothing
        ({"registers": {**RIGHT, "division": "3707"}}, "authorities/1/registers/division"),
        ({"registers": {**RIGHT, "uscc_prefix": "91"}}, "authorities/1/registers/uscc_prefix"),
        ({"registers": {**RIGHT, "type_code": "营业执照"}}, "authorities/1/registers/type_code"),
        ({"registers": {**RIGHT, "note": 1}}, "authorities/1/registers/note"),
        ({"uscc": "11370784MB28601234"}, "authorities/1/uscc: '11370784MB28601234': character 17"),
    ],
)
def test_a_right_to_register_that_cannot_be_relied_upon_is_refused_with_its_place(changed, says):
    with pytest.raises(ValueError, match=says):
        Authorities.from_document(_listed(**changed))


def test_one_authority_registers_in_a_division():
    listed = _listed()
    listed["authorities"][0]["registers"] = RIGHT
    listed["authorities"][0]["uscc"] = listed["authorities"][1]["uscc"]
    with pytest.raises(ValueError, match="the register '52370784' is 'health-370784'"):
        Authorities.from_document(listed)
    one = Authorities.from_document(_listed())
    assert Authorities.from_document(one.to_document()) == one  # what is exported is read again
