"""Action counts times prices."""
