"""Figures of a report, drawn by matplotlib on first use: one kind to a file, all on the canvas of `canvas`.

Only workers and commands draw; pages show the small figures of `studies.reports.figures`.
"""
