"""A strict Discord of our own: REST v10 and gateway on a real socket, for discord.py.

What it refuses is what Discord refuses: https://discord.com/developers/docs"""
