"""Local rules as data: the paper's equation and what it becomes on a chip."""
