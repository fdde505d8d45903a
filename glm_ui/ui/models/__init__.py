"""The Models tab: the rows of its table, how a name is traced, and what the tab fetches."""
