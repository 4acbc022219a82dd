"""The Chinese edition: units of the English sources, their catalogues, and the sources made of both."""
