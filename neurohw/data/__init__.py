"""Data sets (one file each) and the fixation streams drawn from them."""
