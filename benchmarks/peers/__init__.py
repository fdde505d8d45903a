"""What we are measured beside: the smallest honest app of each kind, as its own documentation has it."""
