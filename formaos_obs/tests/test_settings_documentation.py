"""Every variable of settings.py is in .env.example and docs/settings.md with its default, and nothing else is."""

import ast
import re
from typing import Any

from formaos_obs.environment import BASE_DIR

COMPUTED = object()


def _constant(node: ast.expr | None) -> Any:
    """The value of an expression of literals; COMPUTED for one with names in it."""
    if node is None or any(isinstance(part, ast.Name | ast.JoinedStr) for part in ast.walk(node)):
        return COMPUTED
    return eval(compile(ast.Expression(node), "settings", "eval"), {})


def _read_by_settings() -> dict[str, Any]:
    """Variable to default, for each `env.<kind>("NAME", default)` of settings.py."""
    found = {}
    for node in ast.walk(ast.parse((BASE_DIR / "formaos_obs/settings.py").read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if getattr(node.func.value, "id", "") != "env":
            continue
        name_at = 1 if node.func.attr == "url_config" else 0
        if len(node.args) <= name_at or not isinstance(node.args[name_at], ast.Constant):
            continue
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        default = node.args[name_at + 1] if len(node.args) > name_at + 1 else keywords.get("default")
        found[node.args[name_at].value] = _constant(default)
    return found


def _text(default: Any) -> str:
    if default is COMPUTED:
        return ""
    return ",".join(map(str, default)) if isinstance(default, list) else str(default)


def _examples() -> dict[str, tuple[str, str]]:
    """Variable to (value, the comment above it)."""
    pairs = re.findall(r"^# (.+)\n#?([A-Z_0-9]+)=(.*)$", (BASE_DIR / ".env.example").read_text(), re.MULTILINE)
    return {name: (value, comment) for comment, name, value in pairs}


def test_the_example_lists_each_variable_with_its_default_and_a_comment() -> None:
    assert {name: value for name, (value, _) in _examples().items()} == {
        name: _text(default) for name, default in _read_by_settings().items()
    }


def test_the_example_has_no_line_without_a_comment() -> None:
    lines = (BASE_DIR / ".env.example").read_text().splitlines()
    assert len([line for line in lines if re.match(r"#?[A-Z_0-9]+=", line)]) == len(_examples())


def test_each_variable_has_a_row_in_the_documentation() -> None:
    rows = re.findall(
        r"^\| `([A-Z_0-9]+)` \| (.+?) \| (.+) \|$", (BASE_DIR / "docs/settings.md").read_text(), re.MULTILINE
    )
    documented = {name: (default.strip("`"), text) for name, default, text in rows}
    expected = {name: (value, comment) for name, (value, comment) in _examples().items()}
    assert documented.keys() == expected.keys()
    for name, (value, comment) in expected.items():
        assert documented[name][1] == comment
        assert documented[name][0] == value or not value
