"""Sheets and print advice over HTTP, and the type at the address that every licence names."""

import asyncio
import json
from urllib.parse import urlsplit

import jsonschema
import pytest

from api import sheets
from api.sheets import Sheets
from casework.errors import OverloadedError
from licence_qr.claims import VCT_PATH
from licence_qr.errors import CodeError, PictureError
from licence_qr.picture_reader import read_picture
from licence_qr.sheet_fonts import face_for
from licence_qr.token import parts_of
from licence_qr.type_metadata import type_metadata


@pytest.fixture(scope="module")
def case(running, stories, _open_client):
    running.forget()
    document = stories["sole_proprietorship/01-advertising"]["document"]
    running.sources.confirm(document)
    headers = {**running.bearer("portal"), "Idempotency-Key": "sheets"}
    found = _open_client.post("/v1/applications", json=document, headers=headers).json()
    assert found["outcome"] == "approved", found
    return found


@pytest.fixture
def get(client, running, case):
    def ask(kind, *, scope="portal", who="portal-a", language="en", of=None, **query):
        headers = {**running.bearer(scope, client=who), "Accept-Language": language}
        return client.get(f"/v1/licences/{of or case['id']}/{kind}", headers=headers, params=query)

    return ask


def test_both_kinds_of_sheet_carry_the_licence_and_the_number_of_the_copy(get, case, client, running):
    link = read_picture(client.get(f"/v1/licences/{case['id']}.png", headers=running.bearer("portal")).content)
    pdf = get("sheet.pdf", edition="copy", copy=2, copies=3)
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    assert pdf.headers["cache-control"] == "private, no-cache"
    assert read_picture(pdf.content) == link
    svg = get("sheet.svg", edition="copy", copy=2, copies=3, of=case["licence"]["uscc"])
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert 'width="297mm" height="210mm"' in svg.text
    assert "3-2" in svg.text
    assert get("sheet.pdf", edition="copy", copy=2, copies=3).content == pdf.content, "kept, not drawn again"


def test_a_page_that_is_not_there_is_not_found(get):
    told = get("sheet.svg", edition="copy", copy=2, copies=3, page=9)
    assert (told.status_code, told.json()["detail"]) == (404, "the sheet has 1 pages")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"edition": "original", "copy": 2, "copies": 2}, "copy"),
        ({"edition": "original", "copies": 2}, "copies"),
        ({"edition": "copy", "copy": 3, "copies": 2}, "copy"),
        ({"edition": "third"}, "edition"),
        ({"edition": "copy", "copy": 0}, "copy"),
        ({"edition": "copy", "copy": 1, "copies": 100}, "copies"),
        ({"edition": "copy", "page": 0}, "page"),
    ],
)
def test_a_copy_that_cannot_be_is_told_by_its_parameter(get, query, named):
    for language in ("en", "zh"):
        told = get("sheet.svg", language=language, **query)
        assert (told.status_code, told.json()["type"]) == (422, "/problems/request-invalid")
        assert [one["parameter"] for one in told.json()["errors"]] == [named]
        assert told.json()["errors"][0]["why"]


def test_a_sheet_is_seen_by_whoever_sees_the_licence(get, case, client):
    assert get("sheet.pdf", who="portal-b").status_code == 404
    assert get("print-advice", who="portal-b").status_code == 404
    assert get("sheet.pdf", scope="supervisor").status_code == 403
    assert client.get(f"/v1/licences/{case['id']}/sheet.pdf").status_code == 401
    assert get("sheet.svg", of="0" * 18).status_code == 404
    assert get("sheet.svg", of="nothing").status_code == 422


def test_a_name_that_no_font_has_is_told_by_its_character(get, monkeypatch):
    monkeypatch.setattr("licence_qr.sheet_release.face_for", lambda *_: face_for(["店\U000323af"]))
    told = get("sheet.svg", edition="copy", copy=9, copies=9)  # no other test has drawn it
    assert (told.status_code, told.json()["type"]) == (503, "/problems/sheet-unavailable")
    assert "U+323AF" in told.json()["detail"]
    assert "fonts-noto-cjk" in told.json()["detail"]
    assert "U+323AF" in get("sheet.svg", edition="copy", copy=9, copies=9, language="zh").json()["detail"]


def test_a_package_that_is_missing_is_told_by_its_name(monkeypatch, running, case):
    monkeypatch.setitem(__import__("sys").modules, "licence_qr.sheet_release", None)
    with pytest.raises(PictureError, match=r"typst.*install"):
        sheets.draw_sheet(running.service.licence_token(case["id"]), running.service.trust, "copy", 1, 1)


def test_what_is_not_ours_has_no_sheet(running, case):
    token = running.service.licence_token(case["id"])
    with pytest.raises(CodeError):
        sheets.draw_sheet(token[:-6] + "AAAAAA", running.service.trust, "copy", 1, 1)


async def test_two_sheets_are_drawn_at_once_and_a_crowd_is_told_to_come_again(monkeypatch, running):
    drawing, most, go_on = 0, 0, asyncio.Event()

    async def drawn(_, token, *rest):
        nonlocal drawing, most
        drawing += 1
        most = max(most, drawing)
        await go_on.wait()
        drawing -= 1
        return token

    monkeypatch.setattr(sheets.asyncio, "to_thread", drawn)
    made = Sheets(running.service.trust)
    asked = [asyncio.create_task(made.sheet(f"token {number}", "copy", 1, 1)) for number in range(sheets.MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError):
        await made.sheet("one more", "copy", 1, 1)
    go_on.set()
    assert await asyncio.gather(*asked) == [f"token {number}" for number in range(sheets.MOST_WAITING)]
    assert most == sheets.AT_ONCE
    assert len(made._kept) == sheets.KEPT


def test_advice_tells_version_sides_and_dots_of_this_very_code(get, running, case):
    told = get("print-advice").json()
    token = running.service.licence_token(case["id"])
    assert told["version"] == (told["modules"] - 8 - 17) // 4
    assert told["smallest_mm"] == f"{told['modules'] * 4 * 25.4 / 300:.2f}"
    assert told["recommended_mm"] in told["sentence"]
    assert "mm a side" in told["sentence"]
    assert "毫米" in get("print-advice", language="zh").json()["sentence"]
    assert [row["dpi"] for row in told["table"]] == [203, 300, 400, 600, 1200]
    assert token not in json.dumps(told)


def test_the_type_that_a_licence_names_is_at_that_address(client, running, case):
    claims = json.loads(parts_of(running.service.licence_token(case["id"])).payload)
    parted = urlsplit(claims["vct"])
    assert f"{parted.scheme}://{parted.netloc}" == claims["iss"] == running.settings.host
    assert parted.path == VCT_PATH == "/types/business-licence/1"
    answered = client.get(parted.path)
    told = answered.json()
    assert told == type_metadata(running.settings.host)
    assert told["vct"] == claims["vct"]
    jsonschema.Draft202012Validator(told["schema"]).validate(claims)
    labelled = {tuple(one["path"]): {said["locale"] for said in one["display"]} for one in told["claims"]}
    assert all(locales == {"zh-CN", "en"} for locales in labelled.values())
    assert {("licence", "name"), ("permits", None, "type")} <= set(labelled)


def test_the_type_is_public_cached_and_open_to_every_origin(client):
    answered = client.get(VCT_PATH)
    assert answered.headers["content-type"] == "application/json"
    assert answered.headers["cache-control"] == "public, max-age=86400"
    assert answered.headers["access-control-allow-origin"] == "*"
    assert "ETag" in answered.headers["access-control-expose-headers"]
    assert answered.headers["cross-origin-resource-policy"] == "cross-origin"
    again = client.get(VCT_PATH, headers={"If-None-Match": answered.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(VCT_PATH).status_code == 200
    assert client.get("/types/business-licence/2").status_code == 404
