"""A precheck leaves no trace, so it must tell nothing about people who have not confirmed: no source is asked about them."""

import pytest

PERSONAL = {"population", "court", "earlier_registrations"}
LISTED = "llc/10-listed-representative"


@pytest.fixture
def precheck(client, portal, running):
    def ask(document, confirmed=None):
        running.sources.confirm(document, confirmed)
        del running.sources.asked[:]
        told = client.post("/v1/prechecks", json=document, headers=portal)
        assert told.status_code == 200, told.text
        return told.json(), set(running.sources.asked)

    return ask


def renewed(document, signed, number):
    """The same application as nobody has confirmed it yet."""
    document["employees"] = number
    return signed(document)


def test_nobody_is_asked_about_before_everybody_has_confirmed(precheck, document, signed):
    sent = renewed(document(LISTED), signed, 41)
    first, *others = [person["ref"] for person in sent["people"]]
    assert others
    told, asked = precheck(sent, [first])  # only the second has not
    assert asked == {"real_name", "name_registry", "address_library"}
    assert told["outcome"] in ("waiting", "fix")
    assert "withheld" not in told


def test_the_answer_about_a_listed_debtor_is_the_answer_about_anybody(precheck, document, signed):
    listed = renewed(document(LISTED), signed, 42)
    anybody = renewed(document("llc/01-software"), signed, 43)
    found = [precheck(sent, [])[0] for sent in (listed, anybody)]
    assert found[0]["outcome"] == found[1]["outcome"]
    assert found[0]["counts"] == found[1]["counts"]
    # S13 is about what somebody confirmed for another content before: no source of facts, and other tests confirm too.
    told = [{one["rule"] for one in answer["findings"]} - {"S13"} for answer in found]
    assert told[0] == told[1]


def test_with_everybody_confirmed_it_says_what_the_submission_will_say(precheck, document, signed, submit):
    for name in (LISTED, "individual/01-grocery"):
        sent = renewed(document(name), signed, 4)
        told, asked = precheck(sent)
        assert asked >= PERSONAL
        assert told["outcome"] == submit(sent).json()["outcome"]
