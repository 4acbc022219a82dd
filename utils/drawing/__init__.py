"""Figures, diagrams and tables: one style, and a text for each that says what one sees."""
