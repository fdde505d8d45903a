"""What the page, the endpoints and the gateway share: who asks, what is kept for them, how much they may ask, and how
bytes come and go. What a turn says is decided elsewhere."""
