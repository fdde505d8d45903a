"""The hosted Space: what is declared in spaces.yaml, what its builder installs, the deploy."""
