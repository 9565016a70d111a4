"""What is said: one Message, and a pure builder per channel kind that keeps its limits.

Text of events is hostile: it is escaped for its destination first and cut afterwards, never the other way round.
Lengths are counted in UTF-16 units, as the receivers' clients do; that is never less than what their servers count.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

import orjson

Built = TypeVar("Built")
VERSION = 1
LEVELS = ("debug", "info", "warning", "error", "fatal")
_COLOURS = {"debug": 0x9CA3AF, "info": 0x3B82F6, "warning": 0xF59E0B, "error": 0xDC2626, "fatal": 0x7F1D1D}
_GREEN = 0x16A34A
ENDS = frozenset({"resolved", "alert_ended", "monitor_up", "probe_up", "house_ended"})  # of what a thread told before
_GOOD = ENDS | {"test"}
_INVISIBLE = dict.fromkeys(
    code
    for first, last in ((0, 8), (11, 12), (14, 31), (0x7F, 0x9F), (0x202A, 0x202E), (0x2066, 0x2069))
    for code in range(first, last + 1)
)
_HEADLINES = {
    "new_issue": "New issue",
    "regression": "Regression",
    "unignored": "No longer ignored",
    "resolved": "Resolved",
    "digest": "Many issues at once",
    "channel": "A channel needs attention",
    "firing": "Firing",
    "still_firing": "Still firing",
    "alert_ended": "Back to normal",
    "flapping": "Flapping, held until it is stable",
    "monitor_down": "Monitor down",
    "monitor_up": "Monitor up again",
    "quiet": "While it was quiet",
    "house": "Trouble of this server",
    "house_ended": "This server is well again",
    "probe_down": "Down",
    "probe_up": "Up again",
    "certificate": "Certificate ends soon",
    "test": "Test message",
}


@dataclass(frozen=True, kw_only=True)
class Message:
    """What any channel can say; scrubbed already, without personal data."""

    kind: str
    dedup: str
    title: str
    project: str
    at: str
    level: str = "error"
    environment: str = ""
    release: str = ""
    culprit: str = ""
    event_count: int = 0
    user_count: int = 0
    first_seen_at: str = ""
    issue_id: int | None = None
    link: str = ""
    reason: str = ""
    lines: tuple[str, ...] = ()
    more_count: int = 0
    details: tuple[tuple[str, str], ...] = ()
    # What it is about, the same from beginning to end: what ends is told where it began, by the same name.
    thread: str = ""
    # How bad against what is normal, and what was deployed or switched just before, in words.
    normal: str = ""
    suspect: str = ""
    # Label and address of what a person may want to open besides `link`.
    links: tuple[tuple[str, str], ...] = ()
    # What is drawn beside it: `series` of [moment, value or None], `threshold`, `unit`.
    chart: dict[str, Any] | None = None
    # The channel that could not deliver it.
    instead_of: str = ""

    @property
    def is_end(self) -> bool:
        return self.kind in ENDS

    @property
    def is_good(self) -> bool:
        return self.kind in _GOOD

    @property
    def headline(self) -> str:
        """The kind in words."""
        return _HEADLINES[self.kind]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Label and value of what is known, in the order of reading."""
        found = [
            ("Project", self.project),
            ("Level", self.level if self.issue_id else ""),
            ("Against normal", self.normal),
            *self.details,
            ("Suspect", self.suspect),
            ("Environment", self.environment),
            ("Release", self.release),
            ("Events", f"{self.event_count:,}" if self.event_count else ""),
            ("Users", f"{self.user_count:,}" if self.user_count else ""),
            ("First seen", clock(self.first_seen_at)),
            ("Instead of", self.instead_of),
        ]
        return [(one_line(label) or "Detail", one_line(value)) for label, value in found if one_line(value)]

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """Label and address of what may be opened, the message's own link first."""
        own = ("Open the issue" if self.issue_id else "Open", self.link)
        given = [(one_line(label) or "Link", address) for label, address in (own, *self.links)]
        found = [(label, address) for label, address in given if _is_address(address)][:4]
        return found if sum(length(address) for _, address in found) <= 2000 else found[:1]

    @property
    def listing(self) -> list[str]:
        """The lines, and how many were left out."""
        shown = [one_line(line) for line in self.lines[:10] if one_line(line)]
        return [*shown, *([f"… and {self.more_count:,} more"] if self.more_count else [])]

    @property
    def paragraphs(self) -> list[str]:
        """Culprit and reason, as far as there are any."""
        return [one_line(part) for part in (self.culprit, self.reason) if one_line(part)]


def pack(message: Message) -> dict[str, Any]:
    """The message as JSON for the outbox, texts bounded and without what a database or a receiver rejects."""
    packed = {name: fit(value, 1000) if isinstance(value, str) else value for name, value in asdict(message).items()}
    details = [[fit(label, 60), fit(value, 500)] for label, value in message.details[:10]]
    links = [[fit(label, 40), address] for label, address in message.links[:5] if _is_address(address)]
    lines = [fit(line, 300) for line in message.lines[:100]]
    return {**packed, "lines": lines, "details": details, "links": links}


def unpack(packed: dict[str, Any]) -> Message:
    """The message of the outbox; fields that are not known any more are left out."""
    known = {field.name for field in fields(Message)}
    kept = {name: value for name, value in packed.items() if name in known}
    pairs = {
        name: tuple((str(label), str(value)) for label, value in kept.get(name, ())) for name in ("details", "links")
    }
    return Message(**{**kept, "lines": tuple(kept.get("lines", ())), **pairs})


def _is_address(text: str) -> bool:
    """Whether it can stand in a button or in the marks of a link."""
    is_plain = clean(text) == text and not set(text) & set(" \t\r\n<>()[]\"'|\\`")
    return text.startswith(("https://", "http://")) and length(text) <= 1000 and is_plain


def clock(moment: str) -> str:
    """A moment in ISO form as people read it, in UTC."""
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M:%S} UTC" if moment else ""


def length(text: str) -> int:
    """UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def fit(text: str, limit: int, escape: Callable[[str], str] = str) -> str:
    """The text escaped, cut to the limit with an ellipsis, no escape sequence cut in two; "" stays ""."""
    text = clean(text)
    whole = escape(text[: limit + 1])
    if len(text) <= limit and length(whole) <= limit:
        return whole
    kept, used = [], 1
    for character in text[:limit]:
        piece = escape(character)
        used += length(piece)
        if used > limit:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + "…"


def within(cap: int, build: Callable[[float], Built]) -> Built:
    """What is built, its texts whole or cut to a share of their length, so that its JSON has at most `cap` bytes."""
    for share in (1.0, 0.6, 0.3):
        built = build(share)
        if len(orjson.dumps(built)) <= cap:
            return built
    return build(0.1)


def clean(text: str) -> str:
    """Without control characters but white space, lone surrogates, and what turns the direction of writing."""
    return text.translate(_INVISIBLE).encode("utf-8", "replace").decode()


def one_line(text: str) -> str:
    """The text with every run of white space made one space: fit for a header of a mail."""
    return " ".join(clean(text).split())


# --- Slack: https://docs.slack.dev/reference/block-kit/blocks ---------------------------------------------------------
# A whole message stays below 10,000 characters of blocks: an undocumented `msg_blocks_too_long` comes near 13,200.
SLACK_HEADER, SLACK_FIELDS, SLACK_BLOCKS = 150, 10, 10_000


def slack_escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def slack(message: Message, *, picture: str = "") -> dict[str, Any]:
    """The body for an incoming webhook, blocks and their fallback text; `picture` is where Slack finds the chart."""
    return {
        "text": _slack_text(message),
        "blocks": within(SLACK_BLOCKS, lambda share: _slack_blocks(message, picture, share)),
        "unfurl_links": False,
        "unfurl_media": False,
        "link_names": 0,
    }


def slack_minimal(message: Message) -> dict[str, Any]:
    """The body when blocks were refused: text and nothing else."""
    return {"text": _slack_text(message)}


def _slack_text(message: Message) -> str:
    head = f"{message.headline}: {fit(one_line(message.title), 300, slack_escape)}"
    return f"{head} ({fit(message.project, 100, slack_escape)}) {fit(message.link, 1000, slack_escape)}".strip()


def _slack_blocks(message: Message, picture: str, share: float) -> list[dict[str, Any]]:
    def mrkdwn(text: str) -> dict[str, Any]:
        return {"type": "mrkdwn", "text": text, "verbatim": True}

    def cut(text: str, limit: int) -> str:
        return fit(text, round(limit * share), slack_escape)

    header = f"{message.headline}: {fit(one_line(message.title), 110, slack_escape)}"
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": header[:SLACK_HEADER], "emoji": False}}
    ]
    blocks += [{"type": "section", "text": mrkdwn(cut(part, 300))} for part in message.paragraphs]
    if message.facts:
        texts = [f"*{cut(label, 60)}*\n{cut(value, 150)}" for label, value in message.facts[:SLACK_FIELDS]]
        blocks.append({"type": "section", "fields": [mrkdwn(text) for text in texts]})
    if message.listing:
        lines = [f"• {cut(line, 120)}" for line in message.listing]
        blocks.append({"type": "section", "text": mrkdwn("\n".join(lines))})
    if picture:
        alt = f"{message.headline}: {fit(one_line(message.title), 200, slack_escape)}"
        blocks.append({"type": "image", "image_url": picture, "alt_text": alt})
    if message.buttons:
        buttons = [
            {"type": "button", "text": {"type": "plain_text", "text": fit(label, 40, slack_escape)}, "url": address}
            for label, address in message.buttons
        ]
        blocks.append({"type": "actions", "elements": buttons})
    footer = f"{clock(message.at)} · {fit(message.dedup, 64, slack_escape)}"
    blocks.append({"type": "context", "elements": [mrkdwn(footer)]})
    return blocks


# --- Discord: message and embed limits of discord-api-docs, resources/webhook -----------------------------------------
# The parts below sum up to less than the 6,000 characters that all embeds together may have.
DISCORD_CONTENT, DISCORD_TITLE, DISCORD_TEXT = 2000, 256, 3000
_DISCORD_MARKS = frozenset("\\*_~`|[]()<>#@:-")


def discord_escape(text: str) -> str:
    return "".join(f"\\{character}" if character in _DISCORD_MARKS else character for character in text)


def discord(message: Message, *, picture: str = "") -> dict[str, Any]:
    """The body for a webhook: one embed, nobody mentioned; `picture` is the name of the attached chart."""
    title = f"{message.headline}: {fit(one_line(message.title), 200, discord_escape)}"
    parts = [fit(line, 300, discord_escape) for line in (*message.paragraphs, *message.listing)]
    opened = [f"[{fit(label, 40, discord_escape)}](<{address}>)" for label, address in message.buttons[1:]]
    parts += [" · ".join(opened)] if opened else []
    while length("\n".join(parts)) > DISCORD_TEXT:  # whole lines, so that no mark is cut in two
        parts.pop()
    embed: dict[str, Any] = {
        "title": title[:DISCORD_TITLE],
        "description": "\n".join(parts),
        "color": _GREEN if message.is_good else _COLOURS.get(message.level, _COLOURS["error"]),
        "fields": [
            {"name": fit(label, 60, discord_escape), "value": fit(value, 150, discord_escape), "inline": True}
            for label, value in message.facts[:12]
        ],
        "footer": {"text": fit(message.dedup, 64)},
        "timestamp": message.at,
    }
    if _is_address(message.link):
        embed["url"] = message.link
    if picture:
        embed["image"] = {"url": f"attachment://{picture}"}
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def discord_minimal(message: Message) -> dict[str, Any]:
    """The body when the embed was refused: text and nothing else."""
    text = f"{message.headline}: {fit(one_line(message.title), 300, discord_escape)} {message.link[:1000]}".strip()
    return {"content": fit(text, DISCORD_CONTENT), "allowed_mentions": {"parse": []}}


# --- the signed webhook: documented in docs/channels.md ---------------------------------------------------------------


def webhook(message: Message) -> dict[str, Any]:
    """The JSON of the generic webhook: everything but the points of the chart."""
    packed = pack(message)
    del packed["chart"]
    return {"version": VERSION, **packed}


def webhook_minimal(message: Message) -> dict[str, Any]:
    """The JSON of the generic webhook with its four plain fields."""
    names = ("kind", "dedup", "title", "project", "link")
    packed = pack(message)
    return {"version": VERSION, **{name: packed[name] for name in names}}


# --- mail -------------------------------------------------------------------------------------------------------------
MAIL_SUBJECT = 150


def subject(message: Message) -> str:
    """One line without CR or LF."""
    return fit(one_line(f"[{message.project}] {message.headline}: {message.title}"), MAIL_SUBJECT)


def text(message: Message) -> str:
    """The message as plain text."""
    rows = [f"{label}: {value}" for label, value in message.facts]
    parts = [
        f"{message.headline}: {one_line(message.title)}",
        *message.paragraphs,
        "\n".join(rows),
        "\n".join(f"- {line}" for line in message.listing),
        "\n".join([message.link, *(f"{label}: {address}" for label, address in message.links)]).strip(),
        f"-- \n{clock(message.at)} · {message.dedup}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
