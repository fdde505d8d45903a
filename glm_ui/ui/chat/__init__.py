"""The Chat tab: its widgets, the model picker, and what keeping conversations needs of the server."""
