"""Anthropic messages: the request body out, the reply in."""
