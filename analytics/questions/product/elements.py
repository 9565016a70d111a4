"""Selectors of what was clicked, as SQL over the chain of elements that autocapture sends.

A chain has one part an element, the clicked one first, its parents after it, parted by `;`: the tag, `.` and each
class, `:`, and `name="value"` of each attribute, quotes in values escaped. A selector holds of a click on the element
it means, or on anything inside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import re2

CHAIN = "$elements_chain"
MOST = 4
LONGEST = 300
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_ELEMENT = rf'(?:[^;"]|{_QUOTED})+'
# What stands before the name of an attribute: the head with its colon, or the value before it.
_BEFORE = rf'^(?:[^"]*{_QUOTED})*(?:[^"]*:)?'
_NAME = r"[A-Za-z_](?:[\w-]|\\.)*|-(?:[\w-]|\\.)+"
_PART = re.compile(
    rf"""(?P<tag>\*|[A-Za-z][\w-]*)
    | \.(?P<class>(?:[\w-]|\\.|[^\x00-\x7f])+)
    | \#(?P<id>(?:[\w-]|\\.|[^\x00-\x7f])+)
    | \[\s*(?P<name>{_NAME}|[\w:-]+)\s*(?:=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[\w-]+))\s*)?\]
    | :nth-(?P<nth>child|of-type)\(\s*(?P<place>\d{{1,5}})\s*\)""",
    re.VERBOSE | re.ASCII,
)
_COMBINATOR = re.compile(r"\s*>\s*|\s+")


class BadSelector(ValueError):
    """What is wrong with a selector, for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class Compound:
    """One element of a selector: what its part of the chain matches, all of it, and the classes it has; `is_child` of
    the one before it, else anywhere inside it. A chain without all of `needs` need not be read."""

    patterns: tuple[str, ...]
    needs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    is_child: bool = False


def parse(selector: str) -> tuple[Compound, ...]:
    """The elements of a selector, the outermost first: tags, classes, ids, attributes, `:nth-child(2)`,
    `:nth-of-type(2)`, inside each other or `>` as a child. Raises BadSelector, which names the place."""
    if len(selector) > LONGEST:
        raise BadSelector(f"A selector has at most {LONGEST} characters.")
    text, place = selector.strip(), 0
    found: list[Compound] = []
    is_child = False
    while place < len(text):
        patterns: list[str] = []
        classes: list[str] = []
        needs: list[str] = []
        while part := _PART.match(text, place):
            if part["tag"] and patterns:
                break
            patterns.append(_pattern(part))
            needs += _needed(part)
            classes += [_plain(part["class"])] if part["class"] else []
            place = part.end()
        if not patterns:
            raise BadSelector(f"{text[place : place + 20]!r} is not read there; write button.primary, #buy or a > b.")
        found.append(Compound(tuple(patterns), tuple(needs), tuple(classes), is_child))
        combinator = _COMBINATOR.match(text, place)
        if place < len(text) and not combinator:
            raise BadSelector(f"{text[place : place + 20]!r} is not read there; write button.primary, #buy or a > b.")
        if combinator:
            is_child, place = ">" in combinator[0], combinator.end()
            if place == len(text):
                raise BadSelector("A selector does not end with >.")
    if not 1 <= len(found) <= MOST:
        raise BadSelector(f"A selector names one to {MOST} elements.")
    return tuple(found)


def holds(name: str, selector: str, bound: dict[str, Any]) -> str:
    """SQL that holds of events whose chain has what the selector means. Raises BadSelector.

    Each element of the chain becomes a letter that says which parts of the selector it is; the selector then is an
    expression over these letters.
    """
    compounds = parse(selector)
    bound[f"{name}_chain"], bound[f"{name}_element"] = CHAIN, _ELEMENT
    letters = []
    for number, compound in enumerate(compounds):
        terms = []
        for place, pattern in enumerate(compound.patterns):
            bound[f"{name}_{number}_{place}"] = pattern
            terms.append(f"regexp_matches(element, ${name}_{number}_{place})")
        for place, class_ in enumerate(compound.classes):
            # `md:flex` in the head begins like a class `md`: the attribute tells them apart, where it was sent.
            bound[f"{name}_{number}_class_{place}"] = _with_class(class_)
            exact = f"regexp_matches(element, ${name}_{number}_class_{place})"
            terms.append(f"({exact} OR NOT contains(element, 'attr__class=\"'))")
        # Cases within each other, so that what is dear is asked only of elements that came so far.
        whole = " ".join(f"CASE WHEN {term} THEN" for term in terms)
        letters.append(f"{whole} {1 << number} {'ELSE 0 END ' * len(terms)}")
    bound[f"{name}_order"] = _order(compounds)
    chain = f"e.properties[${name}_chain]"
    letter = f"lambda element: chr(65 + {' + '.join(letters)})"
    said = f"array_to_string(list_transform({_elements(name, chain)}, {letter}), '')"
    needed = [f"{chain} IS NOT NULL"]
    for number, text in enumerate(sorted({text for compound in compounds for text in compound.needs})):
        bound[f"{name}_needs_{number}"] = text
        needed.append(f"contains({chain}, ${name}_needs_{number})")
    # A case, so that only what may hold is read element by element.
    return f"CASE WHEN {' AND '.join(needed)} THEN regexp_matches({said}, ${name}_order) ELSE false END"


def _elements(name: str, chain: str) -> str:
    """SQL of the list of elements. Nearly no chain has a `;` in a value: it is split there, which is ten times as fast.
    Every `;` of such a chain ends a value, and no value begins with one or has it after an escaped quote."""
    ends = f"length({chain}) - length(replace({chain}, ';', ''))"
    borders = f"(length({chain}) - length(replace({chain}, '\";', ''))) // 2"
    plain = f"{ends} = {borders} AND NOT contains({chain}, '=\";') AND NOT contains({chain}, '\\\";')"
    return f"CASE WHEN {plain} THEN string_split({chain}, ';') ELSE regexp_extract_all({chain}, ${name}_element) END"


def with_text(text: str) -> str:
    """An expression that matches a chain with an element of exactly this text."""
    return _attribute("text", text)


def _order(compounds: tuple[Compound, ...]) -> str:
    """The target's letter, then those around it, from the inside out."""
    sets = [
        "".join(chr(65 + mask) for mask in range(1 << len(compounds)) if mask >> number & 1)
        for number in range(len(compounds))
    ]
    order = f"[{sets[-1]}]"
    for number in range(len(compounds) - 1, 0, -1):
        order += f"{'' if compounds[number].is_child else '.*'}[{sets[number - 1]}]"
    return order


def _pattern(part: re.Match[str]) -> str:
    """What the element's part of the chain matches."""
    if part["tag"]:
        return "." if part["tag"] == "*" else rf"^{re2.escape(part['tag'].lower())}(?:[.:]|$)"
    if part["class"]:
        return rf'^[^"=]*\.{re2.escape(_plain(part["class"]))}(?:[.:]|$)'
    if part["id"]:
        return _attribute("(?:attr__|attr_)id", _plain(part["id"]), is_pattern=True)
    if part["nth"]:
        return _attribute(f"nth-{part['nth']}", str(int(part["place"])))
    value = _value(part)
    name = re2.escape(_plain(part["name"]))
    if part["name"] == "href":
        return _attribute("(?:attr__)?href", value, is_pattern=True)
    return _attribute(f"attr__{name}", value, is_pattern=True)


def _needed(part: re.Match[str]) -> list[str]:
    """Text that is in every chain with such an element."""
    if part["tag"]:
        return [] if part["tag"] == "*" else [part["tag"].lower()]
    if part["class"]:
        return [f".{_plain(part['class'])}"]
    if part["id"]:
        return [f'id="{_plain(part["id"])}"']
    if part["name"]:
        value = _value(part)
        return [f"{_plain(part['name'])}=" + ("" if value is None else f'"{_escaped(value)}"')]
    return []


def _value(part: re.Match[str]) -> str | None:
    return next((part[name] for name in ("double", "single", "bare") if part[name] is not None), None)


def _escaped(value: str) -> str:
    """A value as it stands between quotes."""
    return value.replace('"', '\\"')


def _with_class(name: str) -> str:
    """An expression that matches an element whose attribute `class` has this word."""
    rest = r'(?:[^"\\]|\\.)*'
    return rf'{_BEFORE}attr__class="(?:{rest}\s)?{re2.escape(name)}(?:\s{rest})?"'


def _attribute(name: str, value: str | None, *, is_pattern: bool = False) -> str:
    """An expression that matches an element with an attribute, of that value where one is named."""
    key = name if is_pattern else re2.escape(name)
    said = _QUOTED if value is None else '"' + re2.escape(_escaped(value)) + '"'
    return f"{_BEFORE}{key}={said}"


def _plain(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name)
