"""Pictures of a run, one file a kind; each function returns a matplotlib Figure that nobody else holds."""
