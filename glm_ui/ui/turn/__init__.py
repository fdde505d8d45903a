"""A turn of the page: how it is posted, how it runs, and what the page is told of it."""
