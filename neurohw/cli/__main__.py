"""`python -m neurohw.cli`."""

from neurohw.cli.main import main

main()
