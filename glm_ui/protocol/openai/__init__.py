"""OpenAI chat completions: the request body out, the reply in."""
