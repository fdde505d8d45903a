"""The network: the one HTTP client, requests that may go out, and public addresses that visitors name. What a body
means is decided elsewhere."""
