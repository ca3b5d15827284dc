"""Colours that can be read on light and on dark ground."""

RISE = "#26a69a"
FALL = "#e05252"
TEXT = "#7f8694"
GRID = "#80808033"
LINES = ("#3b82f6", "#f59e0b", "#a855f7", "#ec4899", "#06b6d4", "#84cc16")
CONDITIONS = ("#6366f1", "#d97706", "#0d9488", "#db2777")

#: Heights: the bars, and each pane.
BARS, PANE = 3.0, 1.0
