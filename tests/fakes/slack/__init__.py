"""A strict Slack on a real socket: the Web API, Socket Mode, and people who write and click.

It refuses what Slack refuses (lengths, block counts, unknown channels, missing scopes) and paces
what Slack paces. ``python -m tests.fakes.slack --port 8100`` is a workspace to try the bot in."""
