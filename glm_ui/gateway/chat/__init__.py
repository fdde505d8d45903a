"""OpenAI chat completions: `request` reads what clients send, `reply` writes what they get."""
