"""The JSON schema of a runbook's file, for editors: ``python -m healer.runbook_schema FILE``."""

import json
import sys
from pathlib import Path

from healer.runbook import Runbook


def schema() -> str:
    """JSON text. What it cannot say, ``python -m bot runbooks check`` does."""
    described = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Runbook.model_json_schema(),
    }
    return json.dumps(described, indent=2) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema(), encoding="utf-8")
