"""Property tests draw the same examples in every run, and a cold kernel may take its time to compile."""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")
