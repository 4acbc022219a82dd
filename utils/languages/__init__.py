"""The book's own languages: a grammar that says one thing in Chinese, German and English."""
