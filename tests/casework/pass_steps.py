"""What authorities do with a pass, as steps of tests in the house."""

from casework import passes, permits, reissue, statuses
from casework.statuses import Wanted
from licence_qr.uscc import synthetic_block

HOME, SCHOOL = synthetic_block("52", "370784", 1, 3)
WHY = "年度检查不合格，责令限期整改"


def said(service, office, compact):
    parts = service.flow.parts
    return passes.read_statement(parts, parts.authorities.of_client(office.client), compact)


def certify(service, office, holder=HOME, **given):
    now = int(service.flow.parts.ports.now().timestamp())
    return office.certify(holder, **{"aud": service.flow.parts.host, "iat": now, **given})


async def register(service, county, holder=HOME, compact=None, **given):
    office, parts = county["civil-370784"], service.flow.parts
    compact = compact or certify(service, office, holder, **given)
    return await parts.writer.write(passes.register(parts, said(service, office, compact), compact, office.client))


async def change(service, county, case_id, holder=HOME, **given):
    office, parts = county["civil-370784"], service.flow.parts
    if given.get("act", "change") == "change" and "after" not in given:
        stands = passes.told(parts, case_id)
        given["after"] = "no-statement" if stands is None else stands["pass"]["statement"]
    compact = certify(service, office, holder, **{"act": "change", **given})
    return await parts.writer.write(passes.change(parts, case_id, said(service, office, compact), compact))


def newest_on(service, case_id, number):
    """Return the jti of the newest statement on a permit."""
    return next(one["statement"] for one in permits.told(service.flow.parts, case_id)["permits"] if one["n"] == number)


async def endorse(
    service, county, made, kind="公共场所卫生许可证", scope="1", number="N1", office="health-370784", *, iat=None
):
    parts, by = service.flow.parts, county[office]
    permit = {"type": kind, "number": number, "valid_from": "2026-11-22", "scope": [scope]}
    compact = by.state(
        aud=parts.host,
        sub=made["pass"]["uscc"],
        iat=iat or int(parts.ports.now().timestamp()),
        act="add",
        permit=permit,
    )
    statement = permits.read_statement(parts, parts.authorities, parts.authorities.of_client(by.client), compact)
    return await parts.writer.write(permits.endorse(parts, made["pass"]["id"], statement, compact, None))


async def act(service, made, what, actor, permit=None):
    parts = service.flow.parts
    work = statuses.act(parts, made["pass"]["id"], Wanted(what, WHY, permit), actor)
    return await parts.writer.write(work)


def shown(told):
    return reissue.claims_of(told["licence"]["token"])
