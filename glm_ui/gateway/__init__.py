"""The app as a server for other programs: OpenAI chat completions and responses, and Anthropic messages, answered by
the streaming backend. One package a protocol; readers and writers are pure, and `server` alone does I/O.

Nothing of the page enters here, and no page's cookie or password opens it.
"""
