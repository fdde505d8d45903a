"""Shows a turn as a file that can be played again, as a request, and as code that sends it."""
