"""The speed workload as other tools run it, with the same spikes: what the ratios of tests/bench are taken against."""
