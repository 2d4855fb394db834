"""The comparison as one HTML file that opens without a network."""

from neurohw.reports.page.page import render

__all__ = ["render"]
