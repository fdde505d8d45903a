"""What a turn takes: tokens as an estimate, their cost, and how much of the owner's each visitor may still spend."""
