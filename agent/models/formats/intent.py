"""Whether the words before something that looks like a call say that it is none."""

import re

_LOOK_BACK = 240
_MEANT = re.compile(
    r"\b(?:I.ll|I will|I am going to|I.m going to|let me|let.s (?!say)|I need to|I must"
    r"|calling|je vais)\b",
    re.IGNORECASE,
)
_ONLY = r"(?: (?:the following|this|that|it|back|me|us|only|just|exactly|as follows))*"
_WHAT = r"(?: (?:json|text|lines?|output|entry|record|data|results?|contents?|messages?|call))?"
_SAID = re.compile(
    r"\b(?:returned|returns|says|said|reads|contains|contained|printed|prints|logged|showed|quoted"
    rf"|(?:made|used|sent|called) was){_ONLY}{_WHAT}\W*$"
    r"|(?:^|[\n,;:] ?|\b(?:that|what|where|but|and|earlier|before|the|an?) )"
    r"(?:you|users?|person|they|he|she|somebody|someone|attacker|I)"
    r"(?:.ve| have| had| just| already| previously| once| earlier){0,3}"
    r" (?:sent|wrote|pasted|provided|posted|shared|gave|called|ran|executed|invoked|made|used)"
    rf"{_ONLY}{_WHAT}\W*$"
    r"|(?:^|\n)\W*(?:(?:the|raw|tool|command|function|sample|example|full|your|api|server|my last)"
    r" ){0,4}(?:call )?(?:output|results?|observation|example|log line|message|input)\b\W*"
    r"(?:(?:is|was|were|of \S+|from \S+)\W*)?$"
    r"|(?:^|\n)\W*(?:tool|api|server|command|function) (?:response|call result)\W*$",
    re.IGNORECASE,
)
"""Somebody else's words follow, or an earlier call."""
_EXAMPLE = re.compile(
    r"\b(?:(?:for|as an|an|here is an|another) example\b|for instance\b|e\.g\.|examples?:"
    r"|hypothetical|par exemple|suppose\b|let.s say|one could"
    r"|you (?:could|may|might) (?:also )?(?:call|run|use|try|write|send|ask)\b"
    r"|(?:would|could|might|should) look like|(?:format|syntax|schema) (?:is|looks|would)\b"
    r"|if you (?:want|ever|need|prefer))",
    re.IGNORECASE,
)
_ADVISED_AGAINST = re.compile(
    r"(?:\b(?:not|never|avoid|instead of|rather than)|n.t) (?:to )?(?:\w+ )?"
    r"(?:call|run|us|execut|invok|send)(?:e|es|s|ing)?\b[^.!?]*$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?]\s+(?=[A-Z\"'*])")


def acts(text: str, at: int) -> bool:
    """Whether what stands at *at* is said in order to act.

    It is not when the sentence before it gives an example, advises against it, or tells what
    somebody else said: a log, a file, a person, an earlier call."""
    before = text[max(0, at - _LOOK_BACK) : at].rstrip()
    paragraph = before.rpartition("\n\n")[2]
    sentence = _SENTENCE.split(paragraph)[-1].rstrip(" `*_")
    if not sentence or _MEANT.search(sentence):
        return True
    kinds = (_SAID, _EXAMPLE, _ADVISED_AGAINST)
    return not any(kind.search(sentence) for kind in kinds)
