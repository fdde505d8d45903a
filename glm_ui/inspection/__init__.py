"""Shows a turn as a file to play again, as a request, and as code that sends it."""
