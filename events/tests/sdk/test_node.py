"""@sentry/node: chunked bodies without a length, compressed ones, streamed spans, logs and sessions."""

import shutil
from pathlib import Path

import pytest

from events.models import Feedback, Issue, Segment
from events.tests.arrivals import Arrived, npm, stored
from events.tests.sdk.conftest import CLIENTS, RELEASE, Shop
from events.values import pseudonyms

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]


def test_an_error_of_the_node_sdk_is_on_the_page(shop: Shop, node_modules: Path, arrived: Arrived) -> None:
    # In a plain folder: the SDK takes a path for a URL, and the code's own may hold a "%41" that it would read as "A".
    app = shutil.copy(CLIENTS / "node_app.cjs", shop.home)
    shop.run("node", app, NODE_PATH=str(node_modules))
    shop.digest()
    page = shop.page(shop.issue("SKU-NODE is out of stock"))
    for text in (
        "put the thing into the basket", "eu-central", RELEASE, "node_app.cjs", "reserve",
        "throw new OutOfStock", pseudonyms.of(bytes(shop.project.pepper), "user", "42"),
    ):  # fmt: skip
        assert text in page
    assert "alice@example.com" not in page
    assert Issue.objects.filter(project=shop.project, title__contains="a long message").exists()
    facts = set(Segment.objects.filter(project=shop.project).values_list("fact", flat=True))
    assert facts >= {"errors", "spans", "logs", "sessions", "metrics"}
    assert Feedback.objects.get(project=shop.project).message == "It broke when I paid."
    assert "It broke when I paid." in page
    arrived("@sentry/node", npm(node_modules, "@sentry/node"), stored(shop.project))
