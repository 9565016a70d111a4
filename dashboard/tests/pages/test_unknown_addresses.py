"""Where there is nothing, a program is told so in JSON and a person on a page."""

import pytest
from django.test import Client


@pytest.mark.parametrize(
    "path",
    [
        "/api/nothing", "/v1/nothing", "/i/v9/e/", "/beacon/v2/", "/otlp/v1/x", "/flags/none/", "/e/none",
        "/batch/none", "/capture/none", "/track/none", "/engage/none", "/s/none", "/decide/none", "/array/none",
        "/array/none/x.js",
        "/js/none.js", "/script.js/none", "/sourceConfig/none", "/_vercel/none", "/ofrep/none", "/api/surveys/none",
        "/api/projects/1/none", "/api/feature_flag/none", "/js-sdk-loader/none",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_address_of_an_api_answers_in_json(db: None, path: str, method: str) -> None:
    answer = getattr(Client(), method)(path)
    assert (answer.status_code, answer["Content-Type"], list(answer.json())) == (404, "application/json", ["detail"])


def test_an_unknown_page_is_a_page(db: None) -> None:
    answer = Client().get("/nothing/of/the/kind/")
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (404, "text/html")
