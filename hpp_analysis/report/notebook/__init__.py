"""The notebook behind a report: its cells, parameters, and sections."""
