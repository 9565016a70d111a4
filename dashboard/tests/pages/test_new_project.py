"""A project's name makes its short form, and what is wrong with one says how to mend it."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from events.accounts import projects
from events.models import Project


def made(client: Client, **form: str) -> tuple[str, str]:
    """Where the form leads, and what it says."""
    answer: Any = client.post("/projects/new/", form)
    return answer["Location"], " ".join(str(one) for one in get_messages(answer.wsgi_request))


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Shop", "shop"), ("Café Müller", "cafe-muller"), ("  A  &  B ", "a-b"), ("Web", "web-2"), ("_x_", "x"),
        ("a" * 90, "a" * 58),
    ],
)  # fmt: skip
def test_a_name_makes_its_own_short_form(as_alice: Client, project: Project, name: str, slug: str) -> None:
    assert projects.slug_for(name) == slug
    location, said = made(as_alice, name=name)
    assert location == f"/p/{slug}/setup/" or len(name) > 64, said


def test_a_second_and_a_third_of_one_name_get_numbers(as_alice: Client, project: Project) -> None:
    led = [made(as_alice, name="Shop")[0] for _ in range(3)]
    assert led == ["/p/shop/setup/", "/p/shop-2/setup/", "/p/shop-3/setup/"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "\u65e5\u672c"}, "write a short form"),
        ({"name": ""}, "write a short form"),
        ({"name": "x", "slug": "web"}, "is taken"),
        ({"name": "x", "slug": "no spaces"}, "lower-case letters"),
        ({"name": "x", "slug": "x" * 70}, "64 at most"),
    ],
)
def test_an_error_says_how_to_mend_it(as_alice: Client, project: Project, form: dict[str, str], words: str) -> None:
    location, said = made(as_alice, **form)
    assert location == "/"
    assert words in said
