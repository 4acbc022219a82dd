"""What the tools need of the machine they run on: files, a console, a browser."""
