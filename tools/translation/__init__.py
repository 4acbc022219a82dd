"""The Chinese edition: what of the English sources is translated, and the book made of it."""
