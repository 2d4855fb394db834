"""Engines that run a program, one package each; none knows another."""

SOURCES = {  # of the engine, by backend; those that are not here are our own
    "lava": ("Lava 0.10.0",),
    "brian2": ("Brian 2",),
}
