"""What is asked of a provider besides a reply: its list of models, a test of the connection, a transcript."""
