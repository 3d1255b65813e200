"""Real machines for tests: a Docker engine, and Debian hosts with systemd and sshd in it.

``.ci/lab`` installs what they need; ``tests/lab/fixtures.py`` has the fixtures."""
