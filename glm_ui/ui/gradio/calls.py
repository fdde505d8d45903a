"""Calls of the endpoints by programs that name only the first of the values. Gradio refuses those, so that a new
parameter at an endpoint's end would break each program that was written before it."""

from __future__ import annotations

import inspect
from typing import Any

import gradio as gr


class Page(gr.Blocks):
    """Blocks whose endpoints fill in what a call leaves out at its end, with the defaults of their functions."""

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """Extends `inputs` in place; raises ValueError where a value without a default is missing."""
        missing = len(block_fn.inputs) - len(inputs)
        if missing > 0 and block_fn.fn is not None:
            inputs.extend(_defaults(block_fn.fn, len(block_fn.inputs))[-missing:])
        super().validate_inputs(block_fn, inputs)  # type: ignore[no-untyped-call, unused-ignore]


def _defaults(function: Any, count: int) -> list[Any]:
    """The defaults of its first `count` parameters, from the first behind which each has one."""
    parameters = list(inspect.signature(function).parameters.values())[:count]
    defaults: list[Any] = []
    for each in reversed(parameters):
        if each.default is inspect.Parameter.empty:
            break
        defaults.insert(0, each.default)
    return defaults
