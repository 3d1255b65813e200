"""What never acts, and what ends a reply.

Thoughts, in every model's own marks, go to the side. Results that a model says or invents, and all
that it writes for others after its own turn, are dropped."""

import re

# ruff: noqa: RUF001 - the bars and blanks are those of DeepSeek's tokens
_THOUGHT_TAGS = (
    "think thinking thought thoughts reasoning reflection scratchpad inner_monologue"
    " analysis reason"
)
_THOUGHT = "|".join(_THOUGHT_TAGS.split())
THINKING = re.compile(
    rf"<(?P<tag>(?:seed:)?(?:{_THOUGHT}))>|\[(?P<bracket>THINK)\]|◁(?P<kimi>think)▷"
    r"|<\|START_(?P<cohere>THINKING)\|>|<\|begin_of_(?P<sky>thought)\|>"
    r"|<\|(?P<gemma>channel)>thought",
    re.IGNORECASE,
)
_CLOSE = {
    "tag": "</{}>",
    "bracket": "[/{}]",
    "kimi": "◁/{}▷",
    "cohere": "<|END_{}|>",
    "sky": "<|end_of_{}|>",
    "gemma": "<{}|>",
}
ORPHAN = re.compile(
    rf"</(?:seed:)?(?:{_THOUGHT})>|\[/THINK\]|◁/think▷|<\|END_THINKING\|>|<\|end_of_thought\|>",
    re.IGNORECASE,
)
"""The end of thoughts whose beginning the chat template had already written."""
OUTPUT = re.compile(
    r"<(?P<tag>(?:[a-z]{1,20}:)?(?:tool|function)_(?:response|result|output)s?|observation)"
    r"(?:\s[^<>]{0,80})?>"
    r"|\[(?P<bracket>TOOL_RESULTS?)\]|<<<data (?P<mark>[0-9a-f]{16}) "
    r"|<[|｜](?:tool[_▁](?:response|result|output)s?(?:[_▁]begin)?|observation|START_TOOL_RESULT)"
    r"[|｜]?>"
    r"|<start_function_response>|<\|start_header_id\|>(?:ipython|tool)<\|end_header_id\|>"
    r"|<\|im_start\|>tool\b",
    re.IGNORECASE,
)
_OUTPUT_CLOSE = {"tag": "</{}>", "bracket": "[/{}]", "mark": "data {}>>>"}
FAR = 20_000
"""Characters within which such an element must end, or it is none."""
OTHERS = re.compile(
    r"<(?:(?P<tag>example|examples|quote|blockquote|code|pre|logs?|data|document|output|stdout"
    r"|stderr|file|email)(?:\s[^<>]{0,80})?>|!--)",
    re.IGNORECASE,
)
CHANNEL = re.compile(
    r"(?:<\|start\|>assistant)?(?:\s?to=(?P<first>[\w.]{1,100}))?\s?<\|channel\|>"
    r"(?P<name>analysis|commentary|final)(?:\s?to=(?P<to>[\w.]{1,100}))?\s{0,3}"
    r"(?:<\|constrain\|>\s?)?(?:json|code)?\s{0,3}<\|message\|>"
)
"""A message of the harmony format, https://github.com/openai/harmony."""
CHANNEL_END = re.compile(r"<\|(?:end|start|channel|call|return)\|>")
START = re.compile(
    r"<\|im_start\|>assistant\s?|<\|assistant\|>|<\|start\|>assistant"
    r"|<\|start_header_id\|>assistant<\|end_header_id\|>\s?|<start_of_turn>model\s?"
    r"|<\|start_of_role\|>assistant<\|end_of_role\|>"
    r"|<bos>|<s>|<\|begin_of_text\|>|<｜begin▁of▁sentence｜>|<｜Assistant｜>"
    r"|<\|START_RESPONSE\|>|<\|END_RESPONSE\|>|<\|START_OF_TURN_TOKEN\|><\|CHATBOT_TOKEN\|>"
    r"|<\|begin_of_box\|>|<\|end_of_box\|>"
    r"|<\|begin_of_solution\|>|<\|end_of_solution\|>|<\|message\|>"
)
"""Marks around a model's own words: they go, the words stay."""
TURN_END = re.compile(
    r"<\|(?:im_end|eot_id|eom_id|eot|endoftext|end_of_text|end|return|call|user|system"
    r"|END_OF_TURN_TOKEN|endofprompt|im_start|start_header_id|start_of_role)\|>"
    r"|<end_of_turn>|<start_of_turn>|<eos>|</s>(?=\s*\Z)|<｜end▁of▁sentence｜>|<｜User｜>|\[/?INST\]"
)
_QUOTED = re.compile(r"[ \t]{0,3}>")


def thinking_end(text: str, start: re.Match[str]) -> tuple[int, int]:
    """Where thoughts that begin with *start* end, and what follows; the text's end if nowhere."""
    return _end(text, start, _CLOSE)


def output_end(text: str, start: re.Match[str]) -> int:
    """Where a result ends; the text's end when nothing says so."""
    return _end(text, start, _OUTPUT_CLOSE)[1]


def _end(text: str, start: re.Match[str], closers: dict[str, str]) -> tuple[int, int]:
    kind = start.lastgroup
    if kind is None:
        return len(text), len(text)
    close = closers[kind].format(start[kind])
    found = text.find(close, start.end())
    return (found, found + len(close)) if found >= 0 else (len(text), len(text))


def others_end(text: str, start: re.Match[str]) -> int:
    """Where the element or comment ends; -1 when it does not."""
    close = f"</{start['tag']}>" if start["tag"] else "-->"
    found = text.find(close, start.end(), start.end() + FAR)
    return found + len(close) if found >= 0 else -1


def quote_end(text: str, at: int) -> int:
    """The end of a markdown quote: the last of the lines that begin with ``>``."""
    while True:
        line_end = text.find("\n", at)
        if line_end < 0:
            return len(text)
        following = _QUOTED.match(text, line_end + 1)
        if not following:
            return line_end
        at = following.end()
