"""Traces of plastic projections, and the end of an epoch: sums of products, rounded and written back."""
