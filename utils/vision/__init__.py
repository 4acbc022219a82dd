"""Reading pictures: canvases with digits on them, and networks that look at their places."""
