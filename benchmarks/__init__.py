"""Speed, side by side with peers. `python -m benchmarks` runs all and writes docs/benchmarks.md; each bench_*.py is a
command of its own. Nothing of the app imports this."""
