"""sentry-sdk, alone and inside Django, Celery and FastAPI: what is sent is on the issue's page."""

import pytest

from events.models import Attachment, Release, Segment
from events.tests.arrivals import Arrived, package, stored
from events.tests.sdk.conftest import RELEASE, Shop
from events.values import pseudonyms

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]

TRANSACTIONS = {"plain": "", "django": "/basket/{basket}/", "celery": "shop.charge", "fastapi": "/baskets/{basket}"}
HOSTS = {"plain": "", "django": "Django", "celery": "celery", "fastapi": "fastapi"}


@pytest.mark.parametrize("case", TRANSACTIONS)
def test_an_error_of_the_python_sdk_is_on_the_page(shop: Shop, case: str, arrived: Arrived) -> None:
    shop.python(case)
    report = shop.digest()
    assert report.duplicate == report.dead_letter == 0
    page = shop.page(shop.issue("OutOfStock"))
    pseudonym = pseudonyms.of(bytes(shop.project.pepper), "user", "42")
    for text in (
        f"SKU-{case.upper()} is out of stock", "put the thing into the basket", "eu-central", RELEASE, "production",
        "python_app.py", "raise OutOfStock", TRANSACTIONS[case], pseudonym,
    ):  # fmt: skip
        assert text in page
    for text in ("alice@example.com", "203.0.113.7", "4111"):
        assert text not in page
    assert Release.objects.get(project=shop.project).version == RELEASE
    tried = ["sentry-sdk", *filter(None, [HOSTS[case]])]
    arrived(" in ".join(tried), " in ".join(package(name) for name in tried), stored(shop.project))


def test_files_jobs_and_counts_come_along(shop: Shop) -> None:
    shop.python("plain")
    shop.digest()
    attached = Attachment.objects.get(project=shop.project)
    assert (attached.filename, bytes(attached.content)) == ("basket.txt", b"things: 3\n")
    assert "basket.txt" in shop.page(shop.issue("OutOfStock"))
    facts = set(Segment.objects.filter(project=shop.project).values_list("fact", flat=True))
    assert facts >= {"errors", "sessions", "check_ins", "metrics"}
