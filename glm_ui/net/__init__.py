"""Speaks HTTP to providers and to the public addresses that visitors name. What a body means is decided elsewhere."""
