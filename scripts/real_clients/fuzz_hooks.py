"""What schemathesis is told besides a specification: the model is one that is served, so that the rest of a request is
read too; and every answer must be JSON, or a stream of it. It runs in schemathesis' own environment."""

from __future__ import annotations

import json
import os
from typing import Any

import schemathesis


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    if isinstance(body, dict):
        body["model"] = os.environ["MODEL"]
    return body


@schemathesis.check
def answers_are_json(context: Any, response: Any, case: Any) -> None:
    """Raises AssertionError."""
    said = response.content
    if response.headers.get("content-type", [""])[0].startswith("text/event-stream"):
        lines = [line[6:] for line in said.splitlines() if line.startswith(b"data: ")]
        texts = [line for line in lines if line != b"[DONE]"]
        assert texts, "an empty stream"  # noqa: S101
    else:
        texts = [said]
    for text in texts:
        if case.operation.method.upper() != "HEAD":
            json.loads(text)
