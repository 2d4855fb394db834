"""Hardware descriptions: what fits where and what a run did there."""
