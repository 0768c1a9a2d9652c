"""The scan page without scripts: the number is typed, the registry's server answers."""

import re

import pytest

from licence_qr.page.by_number import NUMBER_HEADERS


def ask(client, code, language="zh-CN"):
    answered = client.get("/v/number", params={"code": code}, headers={"Accept-Language": language})
    assert answered.status_code == 200
    for name, value in NUMBER_HEADERS.items():
        assert answered.headers[name] == value
    assert "<script" not in answered.text
    assert "style=" not in answered.text
    band = re.search(r'data-verdict="(\w+)" data-reason="(\w+)"', answered.text)
    return answered.text, band and band.groups()


def test_without_a_code_there_is_the_form_alone(client):
    text, band = ask(client, "")
    assert band is None
    assert 'action="/v/number" method="get"' in text
    assert "服务器会收到您输入的代码" in text


def test_a_licence_is_told_with_name_place_scope_and_time(tell, client):
    case = tell("individual/01-grocery").json()
    code = case["licence"]["uscc"]
    text, band = ask(client, f" {code[:9].lower()} {code[9:]} ")
    assert band == ("valid", "current")
    for part in (code, "状态截至 20", "请核对：名称和地址", "可以从事"):
        assert part in text
    english, band = ask(client, code, "en")
    assert band == ("valid", "current")
    assert '<html lang="en">' in english
    assert "Status as of" in english


def test_the_language_may_be_asked_for_and_outweighs_the_browser(client):
    answered = client.get("/v/number", params={"lang": "en"}, headers={"Accept-Language": "zh-CN"})
    assert '<html lang="en">' in answered.text
    assert '<input type="hidden" name="lang" value="en">' in answered.text
    assert client.get("/v/number", params={"lang": "fr"}).status_code == 422


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("91110105MA0000023A", "No licence under this code"),
        ("91370784MA0000023X", "its check characters must agree"),
        ("123", "its check characters must agree"),
        ("<script>alert(1)</script>", "&lt;SCRIPT&gt;"),
    ],
    ids=["unknown", "mistyped", "short", "markup"],
)
def test_a_code_that_is_none_or_unknown_is_never_called_false(client, code, said):
    text, band = ask(client, code, "en")
    assert band == ("cannot_say", "number_unknown")
    assert said in text
    assert "<SCRIPT" not in text.upper()


def test_a_code_longer_than_any_is_refused(client):
    assert client.get("/v/number", params={"code": "9" * 121}).status_code == 422


def test_the_identifier_on_the_licence_is_a_number_too(tell, client):
    case = tell("individual/02-family").json()
    identifier = case["licence"]["identifier"]
    for typed in (identifier, identifier.lower(), identifier.removeprefix("1.2.156.3005.2.")):
        text, band = ask(client, typed, "en")
        assert band == ("valid", "current")
        assert case["licence"]["uscc"] in text
    other = identifier[:-1] + ("0" if identifier[-1] != "0" else "1")
    text, band = ask(client, other, "en")
    assert band == ("cannot_say", "number_unknown")
    assert "its check characters must agree" in text
