"""Believable data for a demo project, sent through the same door and digest as everybody's.

The demo is a web shop for business customers: two weeks of a Django backend and a React front end, busy by day and on
weekdays, released every other day, with people looking after some of its issues. What happens follows from `seed` and
`now` alone. Each day is sent and digested before the next, with the clock of that day.
"""

import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction

from events.accounts import dsn as dsns
from events.accounts import keys, projects
from events.accounts.keys import Key
from events.demo import faults, speed, traffic, visitors
from events.demo.faults import Fault
from events.demo.traffic import Moment
from events.digest import loop
from events.ingest import intake
from events.issues import triage
from events.models import Issue, Membership, Project
from events.protocols import otlp, sentry
from events.protocols.contract import Context, Decoded
from events.releases import deploys, lifecycle
from events.runtime.progress import Watch, unwatched

LONGEST = 29  # days: the door takes nothing older than 30 for true
RELEASED_EVERY = timedelta(hours=56)
HOUR = timedelta(hours=1)
SENDER = intake.Sender("127.0.0.1", "obs-demo")
COMMITS = (
    ("Mara Lind", "Round totals once, at the end", "shop/pricing/totals.py"),
    ("Jonas Pfeil", "Keep the basket when a session is renewed", "shop/views/basket.py"),
    ("Ines Okafor", "Show list prices while the contract loads", "src/basket/lines.ts"),
    ("Mara Lind", "Ask the stock service once per basket", "shop/stock/reservations.py"),
    ("Teo Brandt", "Let approvers see who asked", "shop/approvals/limits.py"),
    ("Ines Okafor", "Retry a chunk that did not load", "src/lib/retry.ts"),
    ("Jonas Pfeil", "Index orders by delivery day", "shop/search/index.py"),
)
SOURCE = "https://git.shop.example/shop/-/blob/{ref}/{path}#L{line}"
# Of the requests before, the lines of an hour are those that so many of them wrote.
TRACES = 200
# How busy the shop is in each hour of a day; business customers order in office hours.
RHYTHM = (1, 1, 1, 1, 2, 4, 9, 16, 24, 28, 29, 26, 19, 24, 27, 25, 20, 13, 8, 6, 4, 3, 2, 1)
WEEKEND = 0.2
# Of the errors while answering a request, so many bring that request: of those that failed it, and of the others.
FAILED, WITH_REQUEST = 0.2, 0.7
# How long after somebody left the checkout an error may still be why.
WHILE = timedelta(minutes=25)
CHECKOUT = "/checkout"
# What a balancer asks every ten minutes, by night too: a shop without orders is not a shop that is down.
PROBED = "GET /health"
# What its project keeps beyond the careful defaults.
KEPT: dict[str, bool | str] = {
    "keeps_machine_names": True, "local_variables": "scrubbed", "analytics": "identified", "collects_user_data": True,
}  # fmt: skip


@dataclass
class Demo:
    """One run: what it sent so far, and for whom; `pace` is the page loads of a busy hour, of which errors come too."""

    project: Project
    key: Key
    dice: random.Random
    started: datetime
    ends: datetime
    names: list[tuple[datetime, str]]
    pace: float
    sent: int = 0
    errors: list[str] = field(default_factory=list)
    traces: list[tuple[float, str]] = field(default_factory=list)  # (seconds, id) of the last requests
    known: set[str] = field(default_factory=set)  # people with a login who have come
    # (when, who) of those who left the checkout without paying, until an error explains it
    left: deque[tuple[datetime, str]] = field(default_factory=deque)

    def send(
        self, body: bytes, *, at: datetime, decode: intake.Decoder = sentry.decode_envelope,
        sender: intake.Sender = SENDER,
    ) -> None:  # fmt: skip
        """One request through the door, received when it happened."""
        intake.ingest(body, decode=decode, key=self.key, sender=sender, now=at)
        self.sent += 1

    def moment(self, at: datetime) -> Moment:
        """The release that is out at that moment, where the dice say; some still use the one before."""
        out = [name for since, name in self.names if since <= at] or [self.names[0][1]]
        environment = "production" if self.dice.random() < 0.93 else "staging"
        release = out[-2] if len(out) > 1 and self.dice.random() < 0.06 else out[-1]
        return Moment(at, release, environment)


def seed(slug: str, *, days: int, events: int, seed: int, now: datetime, watch: Watch = unwatched) -> Demo:
    """What was sent to the demo of `slug`, made where there is none: `events` errors within `days`, and more.

    `watch` sees the days pass. Raises ValidationError where the project has data of its own.
    """
    if not 1 <= days <= LONGEST or events < 1:
        raise ValidationError(f"A demo has at least one event in 1 to {LONGEST} days.")
    demo = _prepare(slug, days=days, events=events, seed=seed, now=now)
    hours = _hours(demo)
    busy = [RHYTHM[hour.hour] * (WEEKEND if hour.weekday() >= 5 else 1.0) for hour in hours]
    when = sorted(demo.dice.choices(range(len(hours)), busy, k=events))
    numbers = [0] * len(hours)
    for index in when:
        numbers[index] += 1
    for day in watch(range(days)):
        of_day = range(day * 24, (day + 1) * 24)
        for index in of_day:
            _play_hour(demo, hours[index], errors=numbers[index], busy=busy[index] / max(RHYTHM))
        ends = min(hours[of_day[-1]] + HOUR, now)
        _digest(now=ends)
        if day == days // 3:
            _fix_one(demo, now=ends)
    _look_after(demo, now=now)
    _tell_releases(demo, now=now)
    return demo


def _prepare(slug: str, *, days: int, events: int, seed: int, now: datetime) -> Demo:
    project = Project.objects.filter(slug=slug).first()
    owner = get_user_model().objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if project is None:
        project = projects.create(slug, "Demo shop", owner=owner, is_demo=True, actor="seed_demo", now=now)
    elif not project.is_demo:
        if project.first_event_at or Issue.objects.filter(project=project).exists():
            raise ValidationError(f"The project {slug} has data of its own; choose another.")
        project.is_demo = True
        project.save(update_fields=["is_demo"])
    # Nobody real is in it, and its pages are to show what can be kept.
    projects.change_privacy(project, switches=KEPT, actor="seed_demo", now=now)
    projects.change_source(project, url=SOURCE, root="", actor="seed_demo", now=now)
    shown = dsns.current_key(project, now=now)
    keys.forget()
    key = keys.find(project.pk, shown.public_key) if shown else None
    if key is None:
        raise ValidationError(f"The project {slug} has no usable key.")
    dice = random.Random(seed)  # noqa: S311  # a demo, not a secret
    ends = now.astimezone(UTC)
    started = ends - timedelta(days=days)
    return Demo(project, key, dice, started, ends, list(_names(started, ends)), pace=events / days / 8)


def _names(started: datetime, ends: datetime) -> Iterator[tuple[datetime, str]]:
    """(since, release) of the period, oldest first; the first was out already."""
    at, number = started - HOUR, 12
    while at < ends:
        yield at, f"shop@4.{number}.0"
        at, number = at + RELEASED_EVERY, number + 1


def _hours(demo: Demo) -> list[datetime]:
    count = int((demo.ends - demo.started) / HOUR)
    return [demo.started + index * HOUR for index in range(count)]


def _play_hour(demo: Demo, began: datetime, *, errors: int, busy: float) -> None:
    """Everything of one hour, in the order of time."""
    dice, acts = demo.dice, list[tuple[datetime, Callable[[Moment], None]]]()

    def plan(act: Callable[[Moment], None], times: int = 1) -> None:
        for _ in range(times):
            acts.append((began + HOUR * dice.random(), act))

    def sends(made: Callable[[Moment], bytes]) -> Callable[[Moment], None]:
        return lambda moment: demo.send(made(moment), at=moment.at)

    plan(lambda moment: _error(demo, moment), errors)
    plan(lambda moment: _request(demo, moment), 1 + max(0, round(busy * demo.pace * 3 - errors * WITH_REQUEST / 2)))
    plan(sends(lambda moment: traffic.visit(dice, moment)), round(errors * 0.5))
    plan(sends(lambda moment: speed.page_load(dice, moment)), round(busy * demo.pace))
    plan(lambda moment: _visit(demo, moment), round(busy * demo.pace * 2))
    plan(sends(lambda moment: traffic.sessions(dice, moment, 5 + round(busy * 400))))
    plan(sends(lambda moment: traffic.logs(dice, moment, 2 + round(busy * 20), traces=demo.traces)))
    plan(sends(lambda moment: traffic.metrics(dice, moment, busy)))
    acts += [
        (began + HOUR * (part + 0.5) / 6, sends(lambda moment: speed.request(dice, moment, PROBED, failed=False)))
        for part in range(6)
    ]
    acts += [
        (
            began + HOUR * part / 6,
            lambda moment: demo.send(speed.hosts(dice, moment, busy), at=moment.at, decode=_readings),
        )
        for part in range(6)
    ]
    plan(lambda moment: demo.send(speed.blocked(dice), at=moment.at, decode=_reports), round(busy * dice.random() * 2))
    plan(sends(lambda moment: traffic.check_in(dice, moment, "stock-sync", "0 * * * *")))
    if began.hour == 2:
        plan(sends(lambda moment: traffic.check_in(dice, moment, "nightly-invoices", "0 2 * * *")))
    if demo.errors and dice.random() < 0.08:
        plan(sends(lambda moment: traffic.feedback(dice, moment, dice.choice(demo.errors[-30:]))))
    for at, act in sorted(acts, key=lambda pair: pair[0]):
        act(demo.moment(at))


def _request(demo: Demo, moment: Moment) -> None:
    route, trace = _route(demo.dice), traffic.new_id(demo.dice)
    demo.send(speed.request(demo.dice, moment, route, trace=trace), at=moment.at)
    demo.traces = [*demo.traces[1 - TRACES :], (moment.seconds, trace)]


def _visit(demo: Demo, moment: Moment) -> None:
    made = visitors.visit(demo.dice, moment, demo.key.public_key, known=demo.known)
    demo.send(made.body, at=moment.at, decode=visitors.decode, sender=made.sender)
    demo.known.add(made.person)
    if made.left_at:
        demo.left.append((made.left_at, made.person))


def _readings(body: bytes, context: Context) -> Decoded:
    return otlp.decode("metrics", body, context, is_json=True)


def _reports(body: bytes, context: Context) -> Decoded:
    return sentry.decode_security(body, "application/csp-report", context, environment="production")


def _error(demo: Demo, moment: Moment) -> None:
    """One error; some come with the request that failed and the line that the application wrote about it."""
    dice = demo.dice
    share = (moment.at - demo.started) / (demo.ends - demo.started)
    listed = [(fault, is_browser) for group, is_browser in ((faults.BACKEND, False), (faults.FRONTEND, True))
              for fault in group if fault.since <= share < fault.until]  # fmt: skip
    fault, is_browser = dice.choices(listed, [_weight(fault) for fault, _ in listed])[0]
    trace, (happened, who) = traffic.new_id(dice), _whose(demo, moment, fault)
    event_id, body = traffic.error(dice, happened, fault, is_browser=is_browser, trace=trace, who=who)
    demo.errors.append(event_id)
    demo.send(body, at=moment.at)
    if is_browser or " /" not in fault.route or dice.random() > (WITH_REQUEST if fault.is_handled else FAILED):
        return
    request = speed.request(dice, happened, fault.route, trace=trace, failed=not fault.is_handled, who=who)
    demo.send(request, at=moment.at)
    line = (happened.seconds, fault.level, f"{fault.type} while answering {_plainly(fault.route)}")
    demo.send(traffic.log_batch(dice, happened, [(*line, "shop.requests", trace)]), at=moment.at)


def _whose(demo: Demo, moment: Moment, fault: Fault) -> tuple[Moment, str]:
    """When a fault was met and by whom: at the checkout by whoever left it lately, else by anybody at this moment."""
    while demo.left and demo.left[0][0] < moment.at - WHILE:
        demo.left.popleft()
    if CHECKOUT not in fault.route or not demo.left:
        return moment, ""
    left_at, who = demo.left.popleft()
    met = left_at + timedelta(seconds=demo.dice.uniform(2, 60))
    return replace(moment, at=min(met, moment.at)), who


def _plainly(route: str) -> str:
    return route.format(sku="sku", order="order")


def _weight(fault: Fault) -> float:
    """A fault that comes and goes is an outage: many errors while it lasts."""
    return fault.weight * (4 if fault.until - fault.since < 0.15 else 1)


def _route(dice: random.Random) -> str:
    return dice.choice([fault.route for fault in faults.BACKEND if " /" in fault.route])


def _digest(*, now: datetime) -> None:
    while loop.run(now=now).items:
        pass


def _fix_one(demo: Demo, *, now: datetime) -> None:
    """Somebody resolves an issue that the next release will bring back."""
    issue = Issue.objects.filter(project=demo.project, type="PaymentDeclined").first()
    if issue:
        triage.resolve(issue, actor=None, in_next=True, now=now)


def _look_after(demo: Demo, *, now: datetime) -> None:
    """What people do with the list of issues."""

    def found(*types: str) -> list[Issue]:
        return list(Issue.objects.filter(project=demo.project, type__in=types).select_related("project").order_by("pk"))

    member: Any = Membership.objects.filter(project=demo.project).select_related("user").order_by("pk").first()
    for issue in found("UnicodeDecodeError", "TemplateSyntaxError", "ConnectionRefusedError", "SyntaxError"):
        triage.resolve(issue, actor=None, now=now)
    for issue in found("AbortError", "ValidationError"):
        triage.ignore(issue, actor=None, now=now)
    for issue in found("RateLimited"):
        triage.ignore(issue, actor=None, events=500, now=now)
    for issue in found("AttributeError", "KeyError"):
        triage.comment(issue, "Only customers without a framework contract see this.", actor=None, now=now)
        if member:
            triage.assign(issue, to=member.user, actor=None, now=now)


def _tell_releases(demo: Demo, *, now: datetime) -> None:
    """Commits and deploys of the releases, as sentry-cli would tell them; what began with one was changed in it."""
    for number, (since, name) in enumerate(demo.names):
        release, _ = lifecycle.create(demo.project, name, actor="seed_demo", released_at=since, now=now)
        if release.deploys.exists():
            continue
        broken = _files_of(
            Issue.objects.filter(project=demo.project, first_release=name).values_list("type", flat=True)
        )
        changes = [
            lifecycle.Change(
                sha="".join(demo.dice.choices("0123456789abcdef", k=40)), repository="example/shop", author=author,
                message=message, committed_at=since - HOUR * (index + 2),
                paths=[("M", path), *(("M", other) for other in broken if index == 0)],
            )
            for index, (author, message, path) in enumerate(demo.dice.sample(COMMITS, 3))
        ]  # fmt: skip
        with transaction.atomic():
            lifecycle.set_commits(release, changes, actor="seed_demo", now=now)
            for environment, at in (("staging", since - HOUR), ("production", since)):
                deploys.put(
                    release, environment=environment, actor="seed_demo", name=f"build {4100 + number}",
                    started_at=at - timedelta(minutes=6), finished_at=at, now=now,
                )  # fmt: skip


def _files_of(types: Iterable[str]) -> list[str]:
    """Where faults of these types are raised."""
    wanted = set(types)
    innermost = {
        fault.frames[-1].split(" ")[0] for fault in (*faults.BACKEND, *faults.FRONTEND) if fault.type in wanted
    }
    return sorted(innermost)
