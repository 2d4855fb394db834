"""Processes and ProcessModels for Lava, one kind a module.

Lava executes every file of this folder while it looks for ProcessModels, under a bare module name: a module here
defines Processes and ProcessModels, imports absolutely, and does nothing else when imported.
"""
