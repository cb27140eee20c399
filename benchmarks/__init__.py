"""Programs that measure. Each prints a table; none is a test. `python -m benchmarks` runs them all."""
