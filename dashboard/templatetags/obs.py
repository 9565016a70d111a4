"""What templates may ask for; each is one call to a plain function."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import dateformat, timezone
from django.utils.html import format_html

from dashboard.charts import sparklines
from dashboard.frame import filters, formatting
from dashboard.reading import weeks, zones
from events.runtime import remembered

register = template.Library()

# Built by dashboard/bundle/frame.sh.
_ICONS = "dashboard/icons/lucide-1.62.0.svg"


def _number_filter(name: str, function: Callable[[Any], str]) -> None:
    """`function` as a filter; what is no number counts as none, as a missing variable does."""

    @register.filter(name)
    def apply(value: Any) -> str:
        return function(value if isinstance(value, int | float) else None)


for _name, _function in {
    "compact": formatting.compact,
    "size": formatting.size,
    "percent": formatting.percent,
    "duration": formatting.duration,
    "rate": formatting.rate,
}.items():
    _number_filter(_name, _function)


@register.filter
def ago(moment: datetime | None) -> str:
    return formatting.ago(moment, now=timezone.now())


@register.filter
def change(words: str) -> str:
    """`+6 % vs previous 24 h`, with what it is compared with apart: it is left out where there is no room."""
    said, versus, than = words.partition("vs ")
    return format_html('{}<span class="than">{}{}</span>', said, versus, than) if said and versus else words


@register.filter
def finding(name: str) -> str:
    """What was found about a statement, in words."""
    return "N+1" if name == "n_plus_one" else name


@register.filter
def stamp(moment: datetime | str | None) -> str:
    """The moment, which kept evidence has as ISO 8601, to the second, in the reader's zone; that of UTC on hover."""
    moment = datetime.fromisoformat(moment).astimezone(UTC) if isinstance(moment, str) and moment else moment
    if not isinstance(moment, datetime):
        return "–"
    if zones.current().name == "UTC":
        return zones.stamp(moment)
    title = zones.stamp_with_utc(moment).rpartition(" · ")[2]
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), title, zones.stamp(moment))


@register.filter
def plain_stamp(moment: datetime | None) -> str:
    """The same for an attribute, both zones in it."""
    return zones.stamp_with_utc(moment) if moment else "–"


@register.filter
def clock(moment: datetime | None, form: str) -> str:
    """The moment in the reader's zone, as Django's `date` writes it."""
    return dateformat.format(zones.current().local(moment), form) if isinstance(moment, datetime) else ""


@register.filter
def iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


@register.filter
def share(part: float, whole: float) -> float:
    """Percent of `whole`, for widths."""
    return round(100 * part / whole, 1) if whole else 0.0


@register.filter
def get(mapping: Mapping[Any, Any], key: Any) -> Any:
    return mapping.get(key)


@register.simple_tag(takes_context=True)
def only(context: template.Context, name: str, value: str) -> str:
    """The address of this page with one more filter; as with all, `&` is escaped by the template."""
    query = context["request"].GET
    # Rows of a list share most of their values.
    return remembered.once(("only", name, value), lambda: filters.address(query, name, value))


@register.inclusion_tag("dashboard/parts/sparkline.html")
def sparkline(values: Sequence[float], label: str, shape: str = "line") -> dict[str, Any]:
    """A small picture of `values`; `label` is its sentence for those who do not see it."""
    values = [value or 0 for value in values]
    if shape == "bars":
        return {"outline": sparklines.outline(sparklines.bars(values)), "label": label}
    return {"points": sparklines.line(values), "label": label}


@register.inclusion_tag("dashboard/parts/zone.html")
def zone_link() -> dict[str, Any]:
    """The zone that times are shown in, for the bar; leads to where it is chosen."""
    zone = zones.current()
    return {"zone": zone, "short": f"{zone.local(timezone.now()):%Z}"}


@register.simple_tag
def zone_name() -> str:
    """The zone that times are shown in: `Europe/Vienna`."""
    return zones.current().name


@register.simple_tag
def readers_way() -> str:
    """What scripts need to say times as this page does: the zone, and how many days after Monday weeks begin."""
    return format_html('data-zone="{}" data-week="{}"', zones.current().name, weeks.current())


@register.inclusion_tag("dashboard/parts/moment.html")
def moment(at: datetime | None) -> dict[str, Any]:
    """`3 h ago`, with the exact time beside it for the pointer and for machines."""
    return {"at": at, "now": timezone.now()}


@register.simple_tag
def icon(name: str) -> str:
    """The picture `name` of the frame, for eyes only; words stand beside it, or on what holds it."""
    return _picture(static(_ICONS), name)


@lru_cache(maxsize=1_000)
def _picture(file: str, name: str) -> str:
    """A page has a hundred of them."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', file, name)
