"""What Deque's axe-core says of a page: the rules of WCAG 2.0 to 2.2, A and AA, and its best practices."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

from events.tests.npm import installed

_RUN = """async (left) => {
  const values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const of = { runOnly: { type: "tag", values }, resultTypes: ["violations"] };
  const found = await axe.run({ exclude: left.map((one) => [one]) }, of);
  return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)}`));
}"""


@cache
def _source() -> str:
    return (installed(Path(__file__).parent / "npm", name="axe") / "axe-core" / "axe.min.js").read_text()


def violations(page: Page, *, left: Sequence[str] = ()) -> list[str]:
    """A line for each element that breaks a rule; what is in those that `left` selects is not looked at."""
    page.evaluate(_source())
    found: list[str] = page.evaluate(_RUN, list(left))
    return found
