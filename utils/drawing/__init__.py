"""What all figures are drawn with: one style, and a text for each that says what one sees."""
