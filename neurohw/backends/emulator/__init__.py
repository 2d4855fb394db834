"""The integer machine as it is: the definition that exact backends must equal."""
