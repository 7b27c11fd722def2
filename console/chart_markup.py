"""matplotlib's SVG made part of a page: without ids, colours and fonts of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

# Stand for the page's custom properties of these names, in the picture that matplotlib writes.
INKS = {
    "text": "#010101",
    "dim": "#010102",
    "line": "#010103",
    "accent": "#010104",
    "good": "#010105",
}
_NAMES = {colour: f"var(--{name})" for name, colour in INKS.items()}
_COLOUR = re.compile("#01010[1-5]")
_NUMBER = re.compile(r"-?\d+\.\d+")
_ANCHOR = re.compile("text-anchor: (middle|end)")
_HREF = "{http://www.w3.org/1999/xlink}href"
_CLASSES = ("mark", "reference")


def markup(svg: str, *, prefix: str) -> str:
    """Reduce an SVG file to what a page needs of it.

    Parameters
    ----------
    svg : str
        As matplotlib writes it, with `INKS` for colours.
    prefix : str
        Put before the ids that stay.

    Returns
    -------
    str
        The elements within the ``svg`` element, safe in HTML.
    """
    root = ET.fromstring(svg)  # noqa: S314  # matplotlib has just written it
    kept = [element for child in root for element in _reduce(child, prefix)]
    return "\n".join(ET.tostring(element, encoding="unicode") for element in kept)


def _reduce(element: ET.Element, prefix: str) -> Iterator[ET.Element]:
    tag = element.tag.rpartition("}")[2]
    if tag in ("metadata", "style") or element.get("style") == "fill: none":
        return
    children = [kept for child in element for kept in _reduce(child, prefix)]
    if tag == "text":
        yield _text(element)
    elif tag == "g" and element.get("id") in _CLASSES:
        yield _element("g", {"class": str(element.get("id"))}, children)
    elif tag == "g":
        yield from children
    elif tag == "defs":
        if children:
            yield _element("defs", {}, children)
    else:
        yield _element(tag, dict(_attributes(element, prefix)), children)


def _element(tag: str, attributes: dict[str, str], children: list[ET.Element]) -> ET.Element:
    element = ET.Element(tag, attributes)
    element.extend(children)
    return element


def _text(element: ET.Element) -> ET.Element:
    attributes = {"class": "tick", "x": _short(element.get("x", "0")),
                  "y": _short(element.get("y", "0"))}  # fmt: skip
    anchor = _ANCHOR.search(element.get("style", ""))
    if anchor:
        attributes["text-anchor"] = anchor[1]
    text = _element("text", attributes, [])
    text.text = element.text
    return text


def _attributes(element: ET.Element, prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in element.items():
        if name == "id":
            yield name, prefix + value
        elif name == _HREF:
            yield "href", f"#{prefix}{value[1:]}"
        elif name == "style":
            yield name, _COLOUR.sub(lambda found: _NAMES[found[0]], value)
        else:
            yield name, _short(value)


def _short(value: str) -> str:
    """Round to hundredths of a unit, and drop line ends."""
    return " ".join(_NUMBER.sub(lambda found: f"{float(found[0]):.2f}", value).split())
