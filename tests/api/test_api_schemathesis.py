"""Every operation with every role's token and made-up input, good and bad: no 5xx, and nothing that is not described."""

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.errors import MalformedMediaType
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app

SCHEMA = schemathesis.openapi.from_dict(create_app().openapi())
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES = (None, "portal", "officer", "supervisor", "authority", "releaser", "auditor")
BOUNDED = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def real(running, stories, _open_client):
    """Parameters of things that exist: without them made-up ids would only ever find 404."""
    headers = running.bearer("portal")
    made = {}
    for name in ("llc/01-software", "individual/11-many-shops"):
        running.forget()
        running.sources.confirm(stories[name]["document"])
        made[name] = _open_client.post(
            "/v1/applications", json=stories[name]["document"], headers={**headers, "Idempotency-Key": f"real-{name}"}
        ).json()
    return [
        {
            "case_id": case["id"], "decision_id": case["decision"]["id"], "code": case["item"], "slug": "internal",
            "number": 0, "name": "verify.mjs", "path": "tile/0/000.p/1", "sequence": 1,
            "licence": case["id"], "n": 1, "kid": "k" * 43,
        }
        for case in made.values()
    ]  # fmt: skip


@pytest.mark.parametrize("label", OPERATIONS)
def test_an_operation_does_what_its_description_says(label, client, running, real):
    """Each made-up input is sent with the token of every role in turn: to make it takes longer than to answer it."""
    operation = OPERATIONS[label]
    bearers = {
        role: running.bearer(role, client="portal-a" if role == "portal" else "bureau") if role else {}
        for role in ROLES
    }

    def call(case, wrong):
        try:
            prepared = requests.Request(**case.as_transport_kwargs(base_url="https://miaopi.test")).prepare()
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader, MalformedMediaType):
            return  # what no client can send, no server can receive
        for role, bearer in bearers.items():
            headers = {**prepared.headers, **bearer}
            answered = client.request(prepared.method, prepared.url, headers=headers, content=prepared.body)
            try:
                case.validate_response(answered, checks=[*CHECKS, *([negative_data_rejection] if wrong else [])])
            except BaseException as error:
                error.add_note(f"sent with the token of {role or 'nobody'}")
                raise

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE), chosen=st.sampled_from([None, *real]))
    def described(case, chosen):
        if chosen is not None and case.path_parameters:
            case.path_parameters = {name: chosen[name] for name in case.path_parameters}
        call(case, wrong=False)

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def against_the_description(case):
        call(case, wrong=True)

    described()
    if operation.path_parameters or operation.query or operation.headers or operation.body:
        against_the_description()


def test_a_description_that_lies_is_found(client):
    lying = create_app().openapi()
    lying["paths"]["/healthz"]["get"]["responses"]["200"]["content"] = {
        "application/json": {"schema": {"type": "object"}}
    }
    operation = schemathesis.openapi.from_dict(lying)["/healthz"]["GET"]
    with pytest.raises(BaseExceptionGroup, match="Content-Type"):
        operation.Case().validate_response(client.get("/healthz"), checks=CHECKS)
