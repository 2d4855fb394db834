"""Sweeps: every point of a grid of models, chips and settings, evaluated once and kept in one file."""
