"""The argument of every tool that acts on a machine: which one, or which ones."""

from typing import Annotated

from pydantic import Field, WithJsonSchema

OnHost = Annotated[
    str | None,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}},
                {"type": "null"},
            ]
        }
    ),
    Field(
        description="host name, or several as a list, or group:NAME; leave out for the default one"
    ),
]
"""A tool is always handed one name: the kernel makes one call for each host that is named."""
