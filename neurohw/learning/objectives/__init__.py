"""Losses of a batch of two views, with their gradients by hand: trained on the host, end to end or layer by layer."""
