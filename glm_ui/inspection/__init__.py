"""A turn to look at: as a file that can be played again, as a request, as code that sends it."""
