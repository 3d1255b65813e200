"""What Slack and Discord share: a run as a story, its messages, and delivering each of them once.

A platform brings a ``Wire`` (how a message is posted, edited and found again) and a ``Renderer``
(what a story looks like there); everything else is here."""
