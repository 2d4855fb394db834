"""Experiments: what learns, is measured and priced, and what varies it: comparisons, sweeps, studies, readouts."""
