"""What the check says of one mistake in a gateway's policy at a time."""

import pytest

from infra.check.policies import sentences
from packing.policies import of_backend, of_models
from shared.manifest.backends import Declaration

CRM = of_backend("crm", Declaration("https://crm.contoso.example", key="k"))
MISTAKES = [
    ("<base />", "", "inbound does not begin with base"),
    ("<policies>", "<policies", "is no XML"),
    ("backend>", "backends>", "has not the sections"),
    ("<emit-metric", "<rate-limit /><emit-metric", "rate-limit is no policy"),
    ("<set-backend-service", "<forward-request /><set-backend-service", "may not stand in inbound"),
    ("{{backend-crm-key}}", "abc", "Authorization holds a value"),
    ("Ocp-Apim-Subscription-Key", "Other", "the subscription key goes on"),
    ('name="Department"', 'name="Dept"', "which bot and department"),
    ("x-request-id", "x-id", "the request has no id"),
    ("ToString())", "ToString()", "does not end"),
    ("<forward-request", "<forward-request /><forward-request", "not forwarded once"),
    ("set-backend-service", "set-body", "no backend is set"),
]


def test_what_is_written_is_right() -> None:
    assert list(sentences(CRM)) == []
    assert list(sentences(of_models({"desk": 5}))) == []


@pytest.mark.parametrize(("before", "after", "sentence"), MISTAKES)
def test_a_mistake_is_found(before: str, after: str, sentence: str) -> None:
    assert before in CRM

    found = list(sentences(CRM.replace(before, after)))

    assert any(sentence in one for one in found), found


def test_who_comes_in_is_known_first() -> None:
    spoilt = CRM.replace("<base />", '<base /><set-header name="a" exists-action="delete" />', 1)

    assert list(sentences(spoilt)) == ["validate-jwt is not the first policy after base"]
