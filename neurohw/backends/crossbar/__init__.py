"""Networks on emulated crossbars: integers in and out of arrays of conductances, through converters and wires."""
