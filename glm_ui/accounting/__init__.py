"""Estimates tokens, computes cost, and counts what each visitor may still spend."""
