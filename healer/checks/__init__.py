"""The checks that come with the bot. To add one, add a file with a ``Check`` in it."""
