"""Answers as a person should read them: without the envelopes that models put them into."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from agent.models.formats.names import FINISHES

_FINAL = re.compile(
    r"^[*#_> \t]{0,8}(?:(?:my|the)[ ])?final[ _]answer(?:[ ]is)?[*_ ]{0,4}[:：][*_ \t]{0,4}\n?",  # noqa: RUF001 - as Chinese models write it
    re.IGNORECASE | re.MULTILINE,
)
_REASONED = re.compile(
    r"\s*[*#_]{0,4}(?:Thoughts?|Question|Action|Observation)\b[*_ ]{0,4}:", re.IGNORECASE
)
_LABEL = re.compile(
    r"\s*[*#_]{0,4}(?:Answer|Response|Assistant|AI|Bot|Thoughts?)[*_]{0,4}[ \t]?:[*_]{0,4}\s*",
    re.IGNORECASE,
)
_THOUGHT = re.compile(
    r"^[ \t]*[*_]{0,3}Thoughts?(?: [0-9]{1,2})?[*_]{0,3}:[*_]{0,3}[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_TAG = r"answer|final_answer|final|response|final_response|reply"
_TAGGED = re.compile(rf"<(?P<tag>{_TAG})>\s*", re.IGNORECASE)
_TAGS = re.compile(rf"</?(?:{_TAG})>", re.IGNORECASE)
_FENCED = re.compile(r"\s*```(?P<info>json|markdown|md)?[ \t]*\n")
_KEYS = ("final", "final_answer", "answer", "response", "reply", "action_input")
_BESIDE = frozenset("thought thoughts thinking reasoning plan tool arguments action".split())
_REPEATED = re.compile(r"(?P<once>\S.{11,400}?[.!?:…])\s+(?=(?P=once)(?:\s|\Z))", re.DOTALL)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n+")
_BLANKS = re.compile(r"\n(?:[ \t]*\n){2,}")
_LONE = re.compile(r"\n[ \t]*(?:[,;]+|[-*•]|[0-9]{1,2}[.)])[ \t]*(?=\n|\Z)")
_TORN = re.compile(r"\s*</?[a-z_]{2,20}\Z")
_TAG_LENGTH = 22
"""Characters of the longest one that is torn."""
_SHORTEST = 12
"""Characters of a preamble that counts as repeated."""


def clean(text: str, earlier: Sequence[str] = ()) -> str:
    """The answer itself. *earlier*: what the model said before in the same run, so that a preamble
    it says again is left out. Never raises, and never makes an answer empty that was not."""
    bare = _opened(text.strip())
    bare = _without_label(bare)
    bare = _without_repeats(bare, earlier)
    return _BLANKS.sub("\n\n", bare).strip() or text.strip()


def tidy(text: str) -> str:
    """What is said beside calls: without the gaps that they leave, and the label of a thought."""
    bare = _THOUGHT.sub("", text) if "hought" in text else text
    bare = _BLANKS.sub("\n\n", _LONE.sub("", f"\n{bare}")).strip()
    if "<" in bare[-_TAG_LENGTH:]:
        bare = _TORN.sub("", bare)
    return bare if bare.strip("`\"'") else ""


def _opened(text: str) -> str:
    """Out of JSON, elements and a fence around all of it."""
    if (said := _from_json(text)) is not None:
        return said
    fence = _FENCED.match(text)
    if fence and text.endswith("\n```") and "```" not in text[fence.end() : -3]:
        inner = text[fence.end() : -4].strip()
        said = _from_json(inner)
        if said is not None or fence["info"] in ("markdown", "md"):
            return inner if said is None else said
    if "<" in text and (start := _TAGGED.search(text)):
        end = text.find(f"</{start['tag']}>", start.end())
        before, after = text[: start.start()], text[end:] if end >= 0 else ""
        if not before.strip() and not _TAGS.sub("", after).strip():
            return text[start.end() : end if end >= 0 else len(text)].strip()
        return _TAGS.sub("", text).strip()
    return text


def _from_json(text: str) -> str | None:
    """The text of ``{"thought": …, "final": "…"}`` and its kin; None for any other JSON."""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _from_object(cast("Mapping[str, Any]", value))


def _from_object(value: Mapping[str, Any]) -> str | None:
    named = value.get("name", value.get("tool", value.get("action")))
    if isinstance(named, str) and named.lower() in FINISHES:
        inner = value.get("arguments", value.get("parameters", value.get("action_input")))
        if isinstance(inner, dict) and len(cast("dict[str, Any]", inner)) == 1:
            inner = next(iter(cast("dict[str, Any]", inner).values()))
        return inner if isinstance(inner, str) else None
    for key in _KEYS[:-1]:
        if isinstance(value.get(key), str) and value.keys() - {key} <= _BESIDE:
            return str(value[key])
    return None


def _without_label(text: str) -> str:
    labels = list(_FINAL.finditer(text)) if "inal" in text or "INAL" in text else []
    if labels:
        before, after = text[: labels[-1].start()], text[labels[-1].end() :]
        if not before.strip() or _REASONED.match(before):
            return after.strip()
        return f"{_FINAL.sub('', before).strip()}\n\n{after.strip()}".strip()
    label = _LABEL.match(text)
    return text[label.end() :] if label else text


def _without_repeats(text: str, earlier: Sequence[str]) -> str:
    at = 0
    while (again := _REPEATED.match(text, at)) and "```" not in again[0]:
        at = again.end()
    text = text[at:]
    paragraphs = _PARAGRAPHS.split(text)
    half = len(paragraphs) // 2
    if half and paragraphs[:half] == paragraphs[half:]:
        paragraphs = paragraphs[:half]
    said = {p.strip() for each in earlier for p in _PARAGRAPHS.split(each)}
    first = 0
    while first < len(paragraphs) - 1 and _again(paragraphs, first, said):
        first += 1
    if first or half == len(paragraphs):
        return "\n\n".join(paragraphs[first:])
    return text


def _again(paragraphs: Sequence[str], at: int, said: set[str]) -> bool:
    """Whether the paragraph at *at* says again what was said, or is said again right after."""
    once = paragraphs[at].strip()
    if len(once) < _SHORTEST or once.startswith(("```", "|", "-", "*")):
        return False
    return once in said or once == paragraphs[at + 1].strip()
