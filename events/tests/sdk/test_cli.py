"""sentry-cli, unmodified: releases, commits, deploys, and what it sends itself."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from events.models import Commit, Deploy, Release, Segment
from events.tests.arrivals import Arrived, npm, stored
from events.tests.sdk.conftest import Shop

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]

VERSION = "shop@3.0.0"
Cli = Callable[..., str]


def test_a_release_goes_its_way(shop: Shop, cli: Cli, repository: Path) -> None:
    before = len(shop.server.answers("/api/0/"))
    cli("releases", "new", VERSION)
    cli("releases", "set-commits", VERSION, "--local", "--initial-depth", "10", cwd=repository)
    cli(
        "deploys",
        "new",
        "--release",
        VERSION,
        "-e",
        "live",
        "-n",
        "blue",
        "-u",
        "https://shop.example.com/",
        "-t",
        "90",
    )
    cli("releases", "finalize", VERSION)
    release = Release.objects.get(project=shop.project, version=VERSION)
    assert release.released_at is not None
    assert {commit.message.strip() for commit in Commit.objects.all()} == {"Sell things", "Count them right"}
    assert {commit.author for commit in Commit.objects.all()} == {"Ada"}
    deploy = Deploy.objects.get(release=release)
    assert (deploy.environment, deploy.name, deploy.url) == ("live", "blue", "https://shop.example.com/")
    assert deploy.started_at is not None
    page = shop.client.get(f"/p/web/releases/{VERSION}/").content.decode()
    for text in ("Count them right", "live", VERSION):
        assert text in page
    statuses = {answer.status for answer in shop.server.answers("/api/0/")[before:]}
    assert statuses <= {200, 201, 208}


def test_the_next_release_holds_the_commits_since_the_last(shop: Shop, cli: Cli, repository: Path) -> None:
    def commit(name: str) -> None:
        (repository / name).write_text(name)
        for arguments in (
            ["add", "."],
            ["-c", "user.name=Ada", "-c", "user.email=a@example.com", "commit", "-m", name],
        ):
            subprocess.run(["git", *arguments], cwd=repository, check=True, capture_output=True)

    cli("releases", "set-commits", "shop@1.0.0", "--local", "--initial-depth", "10", cwd=repository)
    commit("Wrap gifts")
    cli("releases", "set-commits", "shop@1.1.0", "--local", cwd=repository)
    assert [one.message.strip() for one in Commit.objects.filter(release__version="shop@1.1.0")] == ["Wrap gifts"]


def test_it_is_told_who_and_what_is_there(shop: Shop, cli: Cli) -> None:
    cli("releases", "new", VERSION)
    assert "alice" in cli("info")
    assert "formaos" in cli("organizations", "list")
    assert "web" in cli("projects", "list")
    assert VERSION in cli("releases", "list")
    assert VERSION in cli("releases", "info", VERSION)
    cli("deploys", "new", "--release", VERSION, "-e", "live")
    assert "live" in cli("deploys", "list", "--release", VERSION)


def test_an_event_and_a_check_in_are_counted(shop: Shop, cli: Cli, node_modules: Path, arrived: Arrived) -> None:
    cli("send-event", "-m", "hello from the command line", "-t", "shop:eu-central", "-r", VERSION, "--no-environ")
    cli("monitors", "run", "--schedule", "*/5 * * * *", "nightly-report", "--", "true")
    report = shop.digest()
    assert report.stored == 3
    page = shop.page(shop.issue("hello from the command line"))
    assert "eu-central" in page
    assert VERSION in page
    assert Segment.objects.filter(project=shop.project, fact="check_ins").exists()
    arrived("sentry-cli", npm(node_modules, "@sentry/cli"), stored(shop.project))
