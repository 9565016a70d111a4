"""The switches of privacy on the settings page: what each keeps, what that wins and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from events.models import Project

OFF, NAMES, SCRUBBED = "off", "names", "scrubbed"
SMALL_GROUPS = "small_groups"


@dataclass(frozen=True, slots=True)
class Choice:
    """One setting of a switch; `won` and `lost` are told beside it."""

    value: str
    label: str
    won: str
    lost: str


@dataclass(frozen=True, slots=True)
class Switch:
    """A field of a project and its choices, the careful one first."""

    field: str
    label: str
    choices: tuple[Choice, ...]

    def read(self, sent: str) -> bool | str | int:
        """What a form sent, as the field takes it."""
        if self.choices[0].value.isdecimal():
            return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 5 else sent
        return sent == "on" if self.choices[0].value == OFF and len(self.choices) == 2 else sent


@dataclass(frozen=True, slots=True)
class Shown:
    """A switch with the choice that is set."""

    switch: Switch
    value: str


def _yes_no(field: str, label: str, *, off: tuple[str, str, str], on: tuple[str, str, str]) -> Switch:
    return Switch(field, label, (Choice(OFF, *off), Choice("on", *on)))


SWITCHES = (
    Switch(
        "local_variables",
        "Local variables",
        (
            Choice(OFF, "not kept", "nothing of a visitor can stand in them", "what a function was called with"),
            Choice(NAMES, "names only", "which variables there were, and so which branch ran", "their values"),
            Choice(
                SCRUBBED,
                "scrubbed",
                "the values that made it fail",
                "what has neither label nor form of a secret is stored: a name in a list, a sentence",
            ),
        ),
    ),
    Switch(
        "request_bodies",
        "Bodies of requests and messages",
        (
            Choice(OFF, "not kept", "forms, orders and messages stay with their sender", "what was sent"),
            Choice(NAMES, "names only", "the fields that came, so a missing one is seen", "their values"),
            Choice(
                SCRUBBED,
                "scrubbed",
                "a failure can be repeated",
                "free text is stored as far as no label and no form gives it away",
            ),
        ),
    ),
    Switch(
        "query_strings",
        "Query strings",
        (
            Choice(
                OFF, "utm_* and ref only", "campaigns are counted, searches and tokens are not stored", "all others"
            ),
            Choice(NAMES, "names only", "which parameters a page was opened with", "their values"),
            Choice(
                SCRUBBED,
                "scrubbed",
                "the page's state: filters, sorting, ids",
                "values without a telling label are stored; addresses differ more often",
            ),
        ),
    ),
    Switch(
        "analytics",
        "Visitors",
        (
            Choice(OFF, "not collected", "nobody is counted", "page views, events, and what people do"),
            Choice(
                "anonymous",
                "anonymous, a day long",
                "visitors, pages and sources without a cookie; the salt that names them is destroyed each night",
                "who comes again another day, and what a person did",
            ),
            Choice(
                "consent",
                "by consent",
                "anonymous until they agree, and known again until they take it back; the ledger proves both",
                "your pages have to ask and to tell this server; of who says nothing, the same as anonymous",
            ),
            Choice(
                "identified",
                "as pseudonyms",
                "people are known again, beside their errors and requests",
                "what somebody does can be followed; whoever knows their id can find it. Nobody is asked here",
            ),
        ),
    ),
    Switch(
        SMALL_GROUPS,
        "Small groups, for viewers",
        (
            Choice(
                "50",
                "below 50 people",
                "as below, for data about delicate things",
                "what sites of few visitors could know: most of their rows are too small",
            ),
            Choice(
                "10",
                "below 10 people",
                "in analytics and insights viewers read of no group below ten people, anonymous visitors of one day "
                "each; all numbers are in steps of ten, so none is the rest of two others",
                "exact numbers, for viewers; editors and owners may see persons and read all",
            ),
            Choice("5", "below 5 people", "finer numbers for viewers of a small site", "groups of five are told of"),
            Choice(
                "0",
                "all are shown",
                "viewers read what editors read",
                "a filter that leaves one person shows one",
            ),
        ),
    ),
    _yes_no(
        "keeps_machine_names",
        "Servers and devices",
        off=("pseudonyms", "equal machines are still one: h_…, d_…", "which machine it was, in your own words"),
        on=("as sent", "hosts have their names", "names such as alices-macbook, ids that follow a device for years"),
    ),
    _yes_no(
        "keeps_pictures",
        "Pictures",
        off=("refused and counted", "nothing that is on a screen is stored", "what the visitor saw"),
        on=(
            "drawn anew, without metadata",
            "screenshots of errors and feedback",
            "what they show is stored as it is: names, messages, balances",
        ),
    ),
    _yes_no(
        "accepts_binary_attachments",
        "Other binary files",
        off=("refused and counted", "nothing is stored that no scrubber can read", "archives, dumps of your own"),
        on=("as sent", "files of your own format", "whatever they hold is stored unread"),
    ),
    _yes_no(
        "collects_user_data",
        "Ids and names of users",
        off=("pseudonyms only", "users are counted, nobody is named; a search by id still finds", "whom to write to"),
        on=(
            "ids and names as sent",
            "you know whom it met; e-mail is still [email]",
            "personal data are stored: tell them",
        ),
    ),
    _yes_no(
        "collects_ip",
        "Addresses",
        off=("dropped", "used in memory for country and pseudonym, then gone", "which network it came from"),
        on=("in part: 198.51.100.x", "networks (/24, /48) can be told apart", "a network may be one household"),
    ),
)


def shown(project: Project) -> list[Shown]:
    """Every switch as the project has it; a size of small groups that was set elsewhere is a choice too."""
    return [_shown(switch, _value(getattr(project, switch.field))) for switch in SWITCHES]


def _shown(switch: Switch, held: str) -> Shown:
    if switch.field != SMALL_GROUPS or held in [choice.value for choice in switch.choices]:
        return Shown(switch, held)
    own = Choice(held, f"below {held} people", "a size of this project's own", "as for the others")
    return Shown(replace(switch, choices=(own, *switch.choices)), held)


def posted(form: Mapping[str, Any]) -> dict[str, bool | str | int]:
    """The switches of a form that it names."""
    return {switch.field: switch.read(str(form[switch.field])) for switch in SWITCHES if switch.field in form}


def _value(held: Any) -> str:
    return ("on" if held else OFF) if isinstance(held, bool) else str(held)
