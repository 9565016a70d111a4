"""What a request ended with: the codes and words of SDKs, in all their places."""

from typing import Any

import pytest

from events.values import statuses


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("ok", 200), ("cancelled", 499), ("canceled", 499), ("unknown", None), ("unset", None), ("", None),
        (None, None), ("internal_error", 500), ("unknown_error", 500), ("data_loss", 500), ("unimplemented", 501),
        ("unavailable", 503), ("deadline_exceeded", 504), ("resource_exhausted", 429), ("not_found", 404),
        ("already_exists", 409), ("aborted", 409), ("failed_precondition", 400), ("out_of_range", 400),
        ("invalid_argument", 400), ("permission_denied", 403), ("unauthenticated", 401), ("error", 500),
        ("Internal Error", 500), ("INTERNAL_ERROR", 500), ("failure", 500), ("a word of tomorrow", 500),
        ("404", 404), ("13", 500), ("0", 200),
    ],
)  # fmt: skip
def test_a_word_stands_for_a_code_and_one_that_nobody_knows_is_a_failure(word: str | None, code: int | None) -> None:
    assert statuses.of({}, word) == code


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"http.response.status_code": 404}, 404),
        ({"http.response.status_code": "503"}, 503),
        ({"http.status_code": 201.0}, 201),
        ({"status_code": 418}, 418),
        ({"http.response.status_code": 0, "http.status_code": 502}, 502),
        ({"http.response.status_code": True}, 200),
        ({"http.status_code": "nonsense"}, 200),
        ({"rpc.grpc.status_code": 0}, 200),
        ({"rpc.grpc.status_code": "14"}, 503),
        ({"rpc.grpc.status_code": 2}, 500),
        ({"rpc.grpc.status_code": 99}, 500),
        ({"rpc.response.status_code": "UNAVAILABLE"}, 503),
        ({"rpc.response.status_code": "UNKNOWN"}, 500),
        ({"grpc.status_code": "STATUS_CODE_NOT_FOUND"}, 404),
        ({"rpc.connect_rpc.error_code": "unavailable"}, 503),
        ({"rpc.connect_rpc.error_code": "unknown"}, 500),
        ({"rpc.jsonrpc.error_code": -32601}, 404),
        ({"rpc.jsonrpc.error_code": "-32603"}, 500),
        ({"rpc.jsonrpc.error_code": 1, "http.response.status_code": 200}, 200),
        ({"rpc.jsonrpc.error_code": 0}, 200),
        ({"http.response.status_code": 200, "rpc.grpc.status_code": 13}, 200),
    ],
)
def test_a_code_counts_before_the_word(attributes: dict[str, Any], code: int) -> None:
    assert statuses.of(attributes, "ok") == code
