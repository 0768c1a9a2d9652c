"""The pass of a 民办非企业单位 beside issuing: carried on its authority's word, whole or not at all, like any licence afterwards."""

import asyncio
import json

import pytest
from sqlalchemy import update

from api.exporting import write_export
from audit.credit_code import fault_of_code
from audit.export_reader import Export
from audit.verify import verify
from audit.verify_passes import NOTE, TYPES
from casework import passes, statuses, views
from casework.errors import NotOursError, NotTheirsError, PassError, PermitError, UnknownCaseError
from casework.statuses import Actor
from casework.tables import application, decision, licence, pass_act, status_entry, status_list
from licence_qr import claims
from licence_qr.errors import IdentifierError
from licence_qr.identifiers import parse_identifier
from licence_qr.status_list import Status
from licence_qr.uscc import parse_credit_code, synthetic_block
from tests.casework.house import rows, submit
from tests.casework.pass_steps import HOME, SCHOOL, act, certify, change, endorse, register, said, shown
from tests.support.authorities import CARE_HOME, TYPE_CODE, USCC, offices, pin


@pytest.fixture
def county(world):
    found = offices(int(world.clock.at.timestamp()) - 3600)
    pin(world.settings.authorities_file(), found)
    return found


async def test_a_pass_shows_what_was_stated_under_the_authoritys_own_number(county, service):
    made = await register(service, county)
    found = shown(made)
    said_of = found["licence"]
    assert found["sub"] == HOME
    assert (said_of["type"], said_of["name"], said_of["representative"]) == (
        "民办非企业单位（法人）", CARE_HOME["name"], CARE_HOME["representative"])  # fmt: skip
    assert (said_of["supervising_authority"], said_of["capital_fen"]) == ("安丘市民政局", 30_000_000)
    assert said_of["established_on"] == "2026-11-18"  # the day of registration, not of issue
    assert said_of["scope"][0]["items"] == [item["text"] for item in CARE_HOME["scope"]]
    assert said_of["registry"] == {"name": "安丘市民政局", "uscc": USCC["civil-370784"], "division": "370784"}
    number = parse_identifier(found["jti"])
    assert (number.type_code, number.issuer, number.version) == (TYPE_CODE, USCC["civil-370784"], 1)
    (row,) = rows(service, pass_act.select())
    assert found["log"]["index"] == row.log_index == made["pass"]["log_index"]
    assert rows(service, decision.select()) == []  # nobody decided anything here


async def test_what_reads_cases_reads_a_pass_sensibly(county, service):
    made = await register(service, county)
    case_id = made["pass"]["id"]
    view = views.find_case_view(service.flow.parts, case_id)
    assert (view["state"], view["outcome"], view["item"]) == ("closed", "stated", None)
    assert view["licence"]["token"] == made["licence"]["token"]
    assert "decision" not in view
    assert "retry_after" not in view
    assert not await service.loop.round()  # nothing to claim
    assert statuses.licence_id(service.flow.parts.reader, HOME) == case_id
    assert [row["uscc"] for row in views.register(service.flow.parts, 10)] == [HOME]
    assert passes.told(service.flow.parts, case_id) == made
    assert passes.told(service.flow.parts, "0" * 36) is None
    business = await submit(service, "individual/05-bakery")
    assert passes.told(service.flow.parts, business["id"]) is None


async def test_a_pass_survives_a_restart(county, world):
    first = world.open()
    made = await register(first, county)
    await first.stop()
    second = world.open()
    assert passes.told(second.flow.parts, made["pass"]["id"]) == made
    assert not await second.loop.round()
    await second.stop()


async def test_one_statement_makes_one_pass_and_one_code_has_one(county, service):
    compact = certify(service, county["civil-370784"])
    at_once = [register(service, county, compact=compact) for _ in range(3)]
    first, second, third = await asyncio.gather(*at_once)
    assert first == second == third
    with pytest.raises(PassError, match="has its pass already") as refused:
        await register(service, county)
    assert refused.value.problems[0][:2] == ("/statement/sub", HOME)
    other = certify(service, county["civil-370784"], SCHOOL, jti=json.loads(_payload(compact))["jti"])
    with pytest.raises(PassError, match="jti of its own"):
        await register(service, county, SCHOOL, compact=other)
    assert len(rows(service, pass_act.select())) == len(rows(service, licence.select())) == 1
    assert (await register(service, county, SCHOOL))["pass"]["uscc"] == SCHOOL


def _payload(compact):
    import base64  # noqa: PLC0415  (only here)

    part = compact.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


async def test_a_change_is_the_next_version_and_the_permits_stay(county, service):
    made = await register(service, county)
    await endorse(service, county, made)
    later = await change(
        service, county, made["pass"]["id"], changed={"representative": "李青山", "capital_fen": 50_000_000}
    )
    found = shown(later)
    assert (found["licence"]["representative"], found["licence"]["capital_fen"]) == ("李青山", 50_000_000)
    assert [one["number"] for one in found["permits"]] == ["N1"]
    assert parse_identifier(found["jti"]).version == 3
    assert found["log"]["index"] == later["pass"]["log_index"] > made["pass"]["log_index"]
    values = {(row.jti, row.subject): Status(row.value) for row in rows(service, status_entry.select())}
    assert values[made["licence"]["identifier"], "licence"] is Status.REPLACED
    assert await endorse(service, county, made, number="N2")  # and a version after the change stands on the change
    assert rows(service, licence.select())[0].decision_log_index == later["pass"]["log_index"]


async def test_what_a_change_cannot_touch(county, service):
    made = await register(service, county)
    case_id = made["pass"]["id"]
    tries = {
        "/statement/sub": {"holder": SCHOOL},
        "/statement/certificate/established_on": {"changed": {"established_on": "2020-01-01"}},
        "/statement/act": {"act": "add"},
    }
    for pointer, given in tries.items():
        with pytest.raises(PassError) as refused:
            await change(service, county, case_id, **given)
        assert refused.value.problems[0][0] == pointer
    with pytest.raises(UnknownCaseError):
        await change(service, county, "0" * 36)
    business = await submit(service, "individual/05-bakery")
    with pytest.raises(UnknownCaseError):
        await change(service, county, business["id"])
    await act(service, made, "revoke", Actor("clerk", "civil-370784"))
    with pytest.raises(PassError, match="final"):
        await change(service, county, case_id)
    with pytest.raises(PassError, match="has its pass already"):
        await register(service, county)  # nor is a revoked one begun again
    assert len(rows(service, pass_act.select())) == 1


async def test_an_older_word_never_undoes_a_newer_one(county, service, world):
    made = await register(service, county)
    upon = {"act": "change", "after": made["pass"]["statement"]}
    late = certify(service, county["civil-370784"], changed={"premises": "旧址1号"}, **upon)
    again = certify(service, county["civil-370784"], changed={"premises": "旧址3号"}, **upon)
    world.clock.move(seconds=5)
    newest = await change(service, county, made["pass"]["id"], changed={"premises": "新址2号"})
    parts = service.flow.parts
    word = said(service, county["civil-370784"], late)
    with pytest.raises(PassError) as refused:  # signed first, and held up on the way
        await parts.writer.write(passes.change(parts, made["pass"]["id"], word, late))
    assert [problem[0] for problem in refused.value.problems] == ["/statement/after", "/statement/iat"]
    assert newest["pass"]["statement"] in refused.value.problems[0][2]  # what to sign upon is told
    with pytest.raises(PassError, match="read it and sign anew"):  # nor by a word of the same second
        await parts.writer.write(
            passes.change(parts, made["pass"]["id"], said(service, county["civil-370784"], again), again)
        )
    assert passes.told(service.flow.parts, made["pass"]["id"])["pass"]["certificate"]["premises"] == "新址2号"


async def test_another_authority_that_registers_cannot_change_it(world):
    found = offices(int(world.clock.at.timestamp()) - 3600)
    entries = [one.entry() for one in found.values()]
    neighbour = {**entries[0], "permit_types": [], "uscc": next(synthetic_block("11", "370785", 5, 6, "MB")),
                 "registers": {"type_code": TYPE_CODE, "division": "370785"}}  # fmt: skip
    world.settings.authorities_file().write_text(
        json.dumps({"schema": "miaopi/authorities/1", "authorities": [neighbour, *entries[1:]]})
    )
    service = world.open()
    made = await register(service, found)
    parts, office = service.flow.parts, found["market-370784"]
    own = next(synthetic_block("52", "370785", 1, 2))
    compact = certify(service, office, own, act="change", after=made["pass"]["statement"])
    with pytest.raises(NotTheirsError):
        await parts.writer.write(passes.change(parts, made["pass"]["id"], said(service, office, compact), compact))
    with pytest.raises(PassError) as refused:
        said(service, office, certify(service, office, SCHOOL))
    assert refused.value.problems[0][0] == "/statement/sub"
    await service.stop()


async def test_who_suspends_a_pass_and_who_does_not(county, service):
    made = await register(service, county)
    await endorse(service, county, made)
    civil, health = Actor("clerk", "civil-370784"), Actor("clerk", "health-370784")
    for what in ("suspend", "restore", "revoke"):
        with pytest.raises(NotOursError, match="civil-370784"):
            await act(service, made, what, Actor("supervisor-1"))  # the registry carries it and cannot judge it
        with pytest.raises(NotTheirsError):
            await act(service, made, what, health)
        with pytest.raises(NotTheirsError):
            await act(service, made, what, civil, permit=1)  # nor has civil affairs a say in another's permit
    assert (await act(service, made, "suspend", civil))["status"] == "suspended"
    assert (await change(service, county, made["pass"]["id"]))["pass"]["status"] == "suspended"  # no way out of it
    assert (await act(service, made, "restore", civil))["by"] == "civil-370784"
    assert (await act(service, made, "suspend", health, permit=1))["status"] == "suspended"
    assert (await act(service, made, "revoke", civil))["status"] == "invalid"
    business = await submit(service, "individual/05-bakery")
    with pytest.raises(NotTheirsError):  # a licence of the registry is not civil affairs' either
        await act(service, {"pass": {"id": business["id"]}}, "suspend", civil)


@pytest.mark.parametrize(
    "scope",
    [[{"code": "9", "text": "文艺培训"}], [CARE_HOME["scope"][1], {"code": "1", "text": "殡葬用品销售"}]],
    ids=["taken away", "worded anew"],
)
async def test_an_item_that_a_standing_permit_names_stays(county, service, scope):
    made = await register(service, county)
    await endorse(service, county, made, scope="2")
    await endorse(service, county, made, scope="1", number="N2")
    with pytest.raises(PassError) as refused:
        await change(service, county, made["pass"]["id"], changed={"scope": scope})
    pointer, value, chinese, english = refused.value.problems[-1]
    assert (pointer, value) == ("/statement/certificate/scope", "1")
    assert "permit 2" in english
    assert "第 2 项许可" in chinese
    for number in (1, 2):
        await act(service, made, "revoke", Actor("clerk", "health-370784"), permit=number)
    assert (await change(service, county, made["pass"]["id"], changed={"scope": scope}))["pass"]["status"] == "valid"


async def test_age_and_window_are_those_of_the_leaf(county, service, world):
    civil = county["civil-370784"]
    compact = certify(service, civil)
    world.clock.move(hours=24)
    word = said(service, civil, compact)
    world.clock.move(seconds=1)
    parts = service.flow.parts
    with pytest.raises(PassError) as refused:  # in time when it was read, and too late when it would be logged
        await parts.writer.write(passes.register(parts, word, compact, civil.client))
    assert [problem[0] for problem in refused.value.problems] == ["/statement/iat"]
    assert rows(service, pass_act.select()) == []


async def test_a_right_that_ended_takes_nothing_from_what_was_stated_before(county, world, tmp_path):
    service = world.open()
    made = await register(service, county)
    await endorse(service, county, made)
    await service.stop()
    world.opened.clear()
    world.clock.move(seconds=60)
    ended = int(world.clock.at.timestamp())
    listed = json.loads(world.settings.authorities_file().read_text())
    for entry in listed["authorities"]:
        if entry["code"] == "civil-370784":
            entry["registers"]["until"] = ended
        if entry["code"] == "health-370784":
            entry["ended"] = {"公共场所卫生许可证": ended}
            entry["keys"][0]["exp"] = ended + 600
    world.settings.authorities_file().write_text(json.dumps(listed))
    world.clock.move(seconds=60)
    service = world.open()
    for iat in (ended, ended + 1):  # a word from before, sent now, may be anybody's who holds the key
        with pytest.raises(PassError) as refused:
            await register(service, county, SCHOOL, iat=iat)
        assert refused.value.problems[0][0] == "/statement/iss"
    with pytest.raises(PermitError, match="ended at second"):
        await endorse(service, county, made, number="N2")
    world.clock.move(seconds=600)
    with pytest.raises(PermitError, match="key of today"):  # nor may the old key speak for its past
        await endorse(service, county, made, number="N2", kind="医疗机构执业许可证", iat=ended + 300)
    await service.stop()
    write_export(world.settings, tmp_path / "export")
    assert [str(fault) for fault in verify(Export(tmp_path / "export")).faults] == []


async def test_permits_name_the_scope_of_the_certificate(county, service):
    made = await register(service, county)
    with pytest.raises(PermitError, match="no such scope item; it has 1, 2"):
        await endorse(service, county, made, scope="3")
    assert (await endorse(service, county, made, scope="2"))["permit"]["n"] == 1


async def test_a_pass_that_cannot_be_signed_leaves_nothing(county, service):
    def stand():
        log = service.flow.parts.log
        with service.flow.parts.reader.connect() as connection:
            return log.head(connection).size

    before = stand()
    with pytest.raises(PassError) as refused:  # a telephone number has no place on a certificate
        await register(service, county, changed={"premises": "青云山路12号 13800138000"})
    assert refused.value.problems[0][0] == "/licence/licence/premises"
    made = await register(service, county)
    full = update(status_list).values(used=100_000)
    service.flow.parts.writer.write_now(lambda connection: connection.execute(full))
    with pytest.raises(PassError, match="100000 places"):
        await change(service, county, made["pass"]["id"])
    service.flow.parts.writer.write_now(lambda connection: connection.execute(update(status_list).values(used=1)))
    assert stand() == before + 2
    assert len(rows(service, application.select())) == len(rows(service, pass_act.select())) == 1


WRONG = {  # what is changed, and where the fault is told
    "an old statement": ({"iat": -90_000}, "/statement/iat"),
    "a code with a wrong check": ({"holder": HOME[:-1] + ("1" if HOME[-1] != "1" else "2")}, "/statement/sub"),
    "a company's code": ({"holder": next(synthetic_block("91", "370784", 1, 2))}, "/statement/sub"),
    "another county's code": ({"holder": next(synthetic_block("52", "370785", 1, 2))}, "/statement/sub"),
    "another registry": ({"aud": "https://elsewhere.example"}, "/statement/aud"),
    "another typ": ({"header": {"typ": "permit-statement+jwt"}}, "/statement"),
    "a stray member": ({"changed": {"note": "x"}}, "/statement/certificate/note"),
    "no supervisor": ({"changed": {"supervising_authority": None}}, "/statement/certificate/supervising_authority"),
    "money as a fraction": ({"changed": {"capital_fen": 1.5}}, "/statement"),
    "another form": ({"changed": {"form": "company"}}, "/statement/certificate/form"),
    "hidden characters": ({"changed": {"name": "养老\u202e院"}}, "/statement/certificate/name"),
    "the second item hides something": (
        {"changed": {"scope": [{"code": "1", "text": "养护"}, {"code": "2", "text": "膳\u200b食"}]}},
        "/statement/certificate/scope/1/text",
    ),
    "one code for two items": (
        {"changed": {"scope": [{"code": "1", "text": "养护"}, {"code": "1", "text": "膳食"}]}},
        "/statement/certificate/scope/1/code",
    ),
    "no scope": ({"changed": {"scope": []}}, "/statement/certificate/scope"),
    "established tomorrow": ({"changed": {"established_on": "2026-11-23"}}, "/statement/certificate/established_on"),
    "a term without its end": ({"changed": {"term": {"kind": "until"}}}, "/statement/certificate/term"),
    "a term that is over": (
        {"changed": {"term": {"kind": "until", "until": "2026-11-21"}}}, "/statement/certificate/term/until"),
    "a change of nothing": ({"act": "change", "after": "statement-x"}, "/statement/act"),
}  # fmt: skip


async def test_a_statement_that_is_wrong_makes_no_pass_and_says_where(county, service):
    now = int(service.flow.parts.ports.now().timestamp())
    for name, (given, pointer) in WRONG.items():
        made = {**given, **({"iat": now + given["iat"]} if "iat" in given else {})}
        with pytest.raises(PassError) as refused:
            await register(service, county, **made)
        told = [problem[0] for problem in refused.value.problems]
        assert pointer in told, (name, refused.value.problems)
        assert all(zh and en for _, _, zh, en in refused.value.problems), name
    assert rows(service, pass_act.select()) == rows(service, licence.select()) == []


async def test_only_who_registers_may_state_a_certificate(county, service):
    health = county["health-370784"]
    compact = certify(service, health)
    with pytest.raises(PassError) as refused:
        said(service, health, compact)
    assert refused.value.problems[0][:2] == ("/statement/iss", "health-370784")
    with pytest.raises(PassError) as refused:  # truly civil affairs' statement, sent by another
        said(service, health, certify(service, county["civil-370784"]))
    assert refused.value.problems[0][0] == "/statement/iss"


def test_the_auditor_words_a_pass_as_the_issuer_does():
    assert {claims.TYPES["ngo", form][0] for form in TYPES} == set(TYPES.values()) == set(claims.NGO_TYPES)
    assert all(claims.TYPES["ngo", form] == (words, None) for form, words in TYPES.items())
    assert claims.NGO_NOTE == NOTE


def test_the_auditor_and_the_issuer_read_credit_codes_alike():
    right = [code for kind in ("11", "52", "91", "N1") for code in synthetic_block(kind, "370784", 0, 40)]
    for code in right:
        assert fault_of_code(code) is None
        for place in range(2, 18):  # the first two are each reader's own matter
            wrong = code[:place] + ("1" if code[place] != "1" else "2") + code[place + 1 :]
            assert fault_of_code(wrong) is not None
            with pytest.raises(IdentifierError):
                parse_credit_code(wrong)
    for strange in ("", "52", HOME + "1", HOME[:17] + "I", HOME[:5] + "A" + HOME[6:]):
        assert fault_of_code(strange) is not None
