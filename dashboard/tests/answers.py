"""What fuzzed addresses answered: counted by status over the whole run, workers together, and told at its end."""

from collections import Counter
from typing import Any

import pytest

ANSWERS: Counter[int] = Counter()
"""Answers by status; a process that runs tests for another hands its own over when it ends."""


@pytest.hookimpl
def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["answers"] = {str(status): count for status, count in ANSWERS.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    answers = getattr(node, "workeroutput", {}).get("answers", {})
    ANSWERS.update({int(status): count for status, count in answers.items()})


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: Any) -> None:
    if ANSWERS:
        terminalreporter.write_line(said(ANSWERS))


def said(answers: Counter[int]) -> str:
    """One line: how many requests were fuzzed, how many of them failed, and how many had which status."""
    failed = sum(count for status, count in answers.items() if status >= 500)
    return f"fuzzed: {answers.total():,} requests, {failed} answers of 5xx; by status {dict(sorted(answers.items()))}"
