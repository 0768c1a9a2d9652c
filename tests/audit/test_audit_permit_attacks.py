"""The folders of `make_permit_attacks` are what the script makes; without an attack the same log holds."""

import pytest

from audit.authorities import SCHEMA, Authorities
from audit.export_reader import Export
from audit.verify import verify
from tests.audit import make_attacks, make_permit_attacks
from tests.support.authorities import offices


def test_without_an_attack_nothing_is_refused(tmp_path):
    make_permit_attacks._export(tmp_path)
    faults = verify(Export(tmp_path / "export")).faults
    assert {fault.step for fault in faults} == {"rule sets"}, faults  # these small exports carry no rule book


def test_the_auditors_own_list_of_authorities_stands_over_the_exports(tmp_path):
    make_permit_attacks._export(tmp_path)
    own = Authorities({})
    faults = [fault for fault in verify(Export(tmp_path / "export"), authorities=own).faults if fault.step == "permits"]
    assert [fault.place for fault in faults] == ["leaf 2", "leaf 6"]


def test_the_kept_folders_are_what_the_script_makes(tmp_path):
    make_permit_attacks.main(tmp_path)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == sorted(path.name for path in make_attacks.FOLDER.glob("log_permit_*_fail"))
    for folder in tmp_path.iterdir():
        files = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        kept = make_attacks.FOLDER / folder.name
        assert files == {path.relative_to(kept): path.read_bytes() for path in kept.rglob("*") if path.is_file()}


def _listed(**changed):
    first, second = [one.entry() for one in offices(0).values()][:2]
    return {"schema": SCHEMA, "authorities": [first, {**second, **changed}]}


def _key(**changed):
    return [{**next(iter(_listed()["authorities"][1]["keys"])), **changed}]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"code": "market-370784"}, "authorities/1: the code 'market-370784'"),
        ({"clients": ["market-370784-office"]}, "authorities/1: the client"),
        ({"permit_types": []}, "authorities/1/permit_types"),
        ({"name": {"zh": "局"}}, "authorities/1/name/en"),
        ({"keys": _key(kid="x" * 43)}, "RFC 7638"),
        ({"keys": _key(d="Bw")}, "authorities/1/keys/0/d"),
        ({"note": 1}, "authorities/1/note"),
    ],
)
def test_a_list_that_cannot_be_relied_upon_is_refused_with_its_place(changed, says):
    with pytest.raises(ValueError, match=says):
        Authorities.from_document(_listed(**changed))
