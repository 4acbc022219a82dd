"""The Chinese edition: what of the English sources is translated, and the book made of it."""

CATALOGUES = "locales/zh_CN/LC_MESSAGES"  # below the root
FOLDER = "zh"  # of the Chinese notebooks in the book's folder, and of the Chinese pages in the site
