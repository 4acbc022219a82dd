"""What a notebook needs beside its subject: claims, shown sources, sliders, progress."""
