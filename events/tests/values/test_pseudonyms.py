"""Pseudonyms say who is the same, and nothing else."""

from __future__ import annotations

import re

from events.values import pseudonyms


def test_equal_people_of_a_project_have_equal_names() -> None:
    assert pseudonyms.of(b"secret", "user", "42") == pseudonyms.of(b"secret", "user", "42")


def test_another_project_kind_or_person_has_another_name() -> None:
    names = {
        pseudonyms.of(secret, kind, value)
        for secret in (b"secret", b"other")
        for kind in ("user", "ip")
        for value in ("42", "4", "\udc00", "")
    }
    assert len(names) == 16


def test_a_name_is_sixteen_hex_digits() -> None:
    assert re.fullmatch("u_[0-9a-f]{16}", pseudonyms.of(b"secret", "user", "alice@example.com"))
