"""Payloads that mean harm: strings that would run, and values of every wrong type."""

from typing import Any

XSS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "</title><script>alert(1)</script>",
    "{{ 7|add:7 }}{% debug %}${7*7}",
    "<!--<script>alert(1)//-->",
    "\u202e\ufffd\u2028alert(1)",
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<style>*{display:none}</style>",
)
WRONG: tuple[Any, ...] = (
    None,
    0,
    -1,
    1e308,
    True,
    "",
    "x" * 5000,
    [],
    {},
    [[]],
    {"a": {"b": [1, None]}},
    ["a", 1],
    2**70,
)


def event(text: str) -> dict[str, Any]:
    """An event with `text` in every field that holds a string."""
    frame = {
        "filename": text,
        "function": text,
        "module": text,
        "abs_path": text,
        "lineno": 3,
        "colno": 1,
        "in_app": True,
        "pre_context": [text],
        "context_line": text,
        "post_context": [text],
        "vars": {text: text},
        "package": text,
        "data": {"orig_filename": text, "orig_lineno": text},
    }
    return {
        "event_id": "0" * 32,
        "timestamp": text,
        "platform": text,
        "level": text,
        "environment": text,
        "release": text,
        "dist": text,
        "transaction": text,
        "server_name": text,
        "logger": text,
        "message": text,
        "logentry": {"message": text, "formatted": text},
        "sdk": {"name": text, "version": text},
        "tags": {text: text, "url": text},
        "user": {"id": text, "email": text, text: text},
        "extra": {text: {text: [text]}},
        "modules": {text: text},
        "contexts": {text: {text: text}, "browser": {"name": text, "type": text}, "trace": {"trace_id": text}},
        "breadcrumbs": {
            "values": [{"timestamp": text, "category": text, "message": text, "level": text, "data": {text: text}}]
        },
        "request": {
            "url": text,
            "method": text,
            "query_string": text,
            "data": text,
            "headers": {text: text},
            "cookies": {text: text},
            "env": {text: text},
        },
        "exception": {
            "values": [
                {
                    "type": text,
                    "value": text,
                    "module": text,
                    "mechanism": {"type": text, "source": text, "handled": text},
                    "stacktrace": {"frames": [frame, {**frame, "in_app": False}]},
                },
                {"type": text, "value": text, "stacktrace": {"frames": [{"filename": text, "function": text}]}},
            ]
        },
        "threads": {"values": [{"id": text, "name": text, "crashed": True, "stacktrace": {"frames": [frame]}}]},
        "csp": {"document-uri": text, text: text},
        "errors": [{"type": text, "name": text, "value": text}],
    }
