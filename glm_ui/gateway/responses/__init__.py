"""OpenAI responses: `request` reads what clients send, `reply` writes what they get. Nothing is kept."""
