"""One loader for each kind of file: what it is, whether it can be read, and what a model gets of it."""
