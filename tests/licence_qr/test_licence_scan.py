import doctest
from dataclasses import replace

import pytest
from rich.console import Console

from licence_qr import particulars, qr, scan, text
from licence_qr.errors import PictureError
from licence_qr.scan import render, source_of
from licence_qr.sentences import sentence
from licence_qr.status_list import StatusBook
from tests.licence_qr.forge import link, with_claims, with_digest
from tests.licence_qr.specimens import AT, COMPANY, KINDERGARTEN, PAGE, SHOP, STUDIO, TRUST, licence, status_token

LIST = "https://licence.anqiu.example/status/1"


def book(values=None) -> StatusBook:
    made = StatusBook(TRUST)
    made.add(LIST, status_token(values))
    return made


def shown(scanned, language="zh") -> str:
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123  (closed with the test)
    console.print(render(scanned, language))
    console.file.close()
    return console.export_text()


@pytest.mark.parametrize("module", [particulars, text])
def test_the_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


def test_a_picture_and_its_text_get_the_same_answer():
    link = licence().link(PAGE)
    from_picture = scan.scan(qr.png(qr.matrix_of(link)), TRUST, at=AT, status=book())
    from_text = scan.scan(f"  {link}\n", TRUST, at=AT, status=book())
    assert from_picture == from_text
    assert from_picture.to_json()["verdict"] == "valid"
    assert from_picture.notes == ()


def test_a_picture_without_a_code_cannot_be_judged():
    found = scan.scan(b"no picture", TRUST, at=AT)
    assert (found.to_json()["verdict"], found.to_json()["reason"]) == ("cannot_say", "unreadable")
    assert "无法确定" in shown(found)


def test_a_genuine_licence_behind_a_strange_address_is_told():
    lured = licence().link("https://licence-anqiu.example/v")
    found = scan.scan(lured, TRUST, at=AT, status=book())
    assert found.notes == ("other_page",)
    assert "不是登记机关的官方查验网址" in shown(found)
    assert scan.scan(lured, TRUST, at=AT, pages={"https://licence-anqiu.example/v"}).notes == ()
    assert scan.scan(licence().digits, TRUST, at=AT).notes == ()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_person_sees_name_address_scope_permits_and_reason(language):
    found = scan.scan(licence().link(PAGE), TRUST, at=AT, status=book({100: 2}))
    seen = shown(found, language)
    for part in (COMPANY.name, COMPANY.premises, "服装服饰零售", "JY23707840001234", COMPANY.uscc, "2026-11-23 10:20"):
        assert part in seen
    expected = (
        ("不可从事", "有 1 项许可目前不可用，见下。", "有 1 项许可尚未取得，相应项目不得经营，见下。", "版本")
        if language == "zh"
        else ("Not allowed", "at present: 1, see below.", "Permits not yet held: 1.", "Version", "10:20 (UTC+8)")
    )
    for part in expected:
        assert part in seen


def test_a_clock_that_is_wrong_dates_nothing():
    seen = shown(scan.scan(licence().link(PAGE), TRUST, at=AT - 30 * 86_400, status=book()))
    assert "请先校准" in seen
    assert "状态截至" not in seen


@pytest.mark.parametrize(("language", "words"), [("zh", "联网"), ("en", "online")])
def test_a_command_that_is_never_online_tells_nobody_to_go_there(language, words):
    for at, status, option in ((AT, None, "--trust"), (AT + 5 * 86_400, book(), "miaopi fetch")):
        for subject in (COMPANY, KINDERGARTEN):
            seen = shown(scan.scan(licence(subject).link(PAGE), TRUST, at=at, status=status), language)
            assert option in seen
            assert words not in seen.partition(COMPANY.premises[:3])[0]


@pytest.mark.parametrize("ngo", [False, True])
def test_a_replaced_licence_is_told_in_its_own_words_alone(ngo):
    assert "换发" not in sentence("reasons", "revoked", "zh", ngo=ngo)
    assert "replaced" not in sentence("reasons", "revoked", "en", ngo=ngo)
    assert "换发" in sentence("reasons", "replaced", "zh", ngo=ngo)


def test_the_three_kinds_show_their_person_and_capital():
    assert "经营者" in shown(scan.scan(licence(SHOP).digits, TRUST, at=AT))
    assert "（无字号）李示例" in shown(scan.scan(licence(SHOP).digits, TRUST, at=AT))
    studio = shown(scan.scan(licence(STUDIO).digits, TRUST, at=AT))
    for part in ("投资人", "50000.50元", "2030-06-30"):
        assert part in studio


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        (
            "zh",
            (
                "民办非企业单位登记证书查验",
                "民办非企业单位登记证书真实，登记状态正常。",
                "业务范围：学前教育；婴幼儿托育服务。（在登记的业务范围内",
                "这家单位",
                "业务主管单位",
                "开办资金",
                "30万元",
                "法定代表人（负责人）",
                "登记管理机关",
            ),
        ),
        (
            "en",
            (
                "NGO registration certificate check",
                "The NGO registration certificate is authentic and in force.",
                "Scope of activity: 学前教育",
                "Supervising authority",
                "Founding funds",
                "Registration authority",
            ),
        ),
    ],
)
def test_the_certificate_of_an_ngo_is_told_in_its_own_words(language, parts):
    seen = shown(scan.scan(licence(KINDERGARTEN).link(PAGE), TRUST, at=AT, status=book()), language)
    for part in (*parts, KINDERGARTEN.supervising_authority, "安丘市民政局", KINDERGARTEN.person, "民办学校办学许可证"):
        assert part in seen
    for part in ("营业执照", "执照真实", "经营范围", "一般项目", "Business licence"):
        assert part not in seen
    assert seen.count(KINDERGARTEN.person) == 1


def test_a_company_is_told_as_before_and_its_person_once():
    seen = shown(scan.scan(licence().link(PAGE), TRUST, at=AT, status=book()))
    assert "营业执照查验" in seen
    assert "一般项目：" in seen
    assert "业务" not in seen
    assert seen.count(COMPANY.person) == 1


@pytest.mark.parametrize(
    "reason", ["not_yet", "status_missing", "status_untrusted", "revoked", "replaced", "suspended"]
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_words_for_an_ngo_speak_of_a_certificate(reason, language):
    told = sentence("reasons", reason, language, ngo=True)
    assert told != sentence("reasons", reason, language)
    assert "执照" not in told
    assert "licence" not in told
    assert sentence("reasons", "signature", language, ngo=True) == sentence("reasons", "signature", language)


def left_out(listed: int) -> str:
    """A licence of three permits whose code lists the first ones."""
    return link(
        with_claims(lambda claims: with_digest({**claims, "permits": claims["permits"][:listed]}, claims["permits"]))
    )


@pytest.mark.parametrize(("listed", "language"), [(0, "zh"), (1, "zh"), (0, "en"), (1, "en")])
def test_permits_that_the_code_leaves_out_are_said_to_be_unknown(listed, language):
    found = scan.scan(left_out(listed), TRUST, at=AT, status=book())
    seen = "".join(shown(found, language).split())
    told = {
        "zh": "另有 {} 项许可未印入本码，它们目前是否有效，这里不知道",
        "en": "{} more permits are not printed in this code",
    }
    assert "".join(told[language].format(3 - listed).split()) in seen
    assert "https://licence.anqiu.example/v/number" in seen
    assert sentence("labels", "no_permits", language).replace(" ", "") not in seen
    assert (found.to_json()["permits_left_out"], found.to_json()["barred"]) == (3 - listed, 0)


def test_a_licence_without_permits_says_that_there_are_none_and_counts_nothing():
    found = scan.scan(licence(replace(STUDIO, permits=())).digits, TRUST, at=AT, status=book({100: 2}))
    assert sentence("labels", "no_permits", "zh") in shown(found)
    assert (found.to_json()["permits_left_out"], found.to_json()["barred"]) == (0, 0)
    assert scan.scan("nonsense", TRUST, at=AT).to_json()["permits_left_out"] == 0


@pytest.mark.parametrize(
    ("subject", "values", "word"),
    [(COMPANY, {7: 1, 101: 2}, "执照无效"), (KINDERGARTEN, {7: 2, 101: 2}, "登记证书无效")],
    ids=["business", "NGO"],
)
def test_of_a_licence_that_does_not_stand_no_permit_is_told_as_held(subject, values, word):
    found = scan.scan(licence(subject).link(PAGE), TRUST, at=AT, status=book(values))
    assert [one.reason for one in found.verification.permits][:2] == ["held", "suspended"]
    seen = shown(found)
    assert f"– {word}" in seen
    assert "不可从事" in seen, "the second one is suspended itself"
    assert "已取得" not in seen
    assert "目前不可用" not in seen, "nothing of a licence that does not stand may be used"


def test_nothing_of_an_unverified_code_is_shown():
    tampered = licence().link(PAGE)[:-60] + "1" * 60
    seen = shown(scan.scan(tampered, TRUST, at=AT))
    assert COMPANY.name not in seen


def test_an_argument_is_a_file_or_a_text(tmp_path):
    file = tmp_path / "code.png"
    file.write_bytes(b"picture")
    assert source_of(str(file)) == b"picture"
    link = licence().link(PAGE)
    for argument in (link, licence().digits, licence().jws, "#123", "nonsense"):
        assert source_of(argument) == argument
    with pytest.raises(PictureError, match="there is no such file"):
        source_of("missing.PNG")
