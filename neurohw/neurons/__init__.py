"""The kinds of neurons that ship, a file for each family, written in the language of `neurohw.microcode`."""
