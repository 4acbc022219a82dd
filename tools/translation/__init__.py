"""The Chinese edition: what of the English sources is translated, and the book made of it."""

FOLDER = "zh"  # of the Chinese notebooks in the book's folder, and of the Chinese pages in the site
