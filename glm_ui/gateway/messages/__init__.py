"""Anthropic messages: `request` reads what clients send, `reply` writes what they get."""
