"""The report as PDF. These modules import reportlab, and are themselves imported only where a PDF is written."""
