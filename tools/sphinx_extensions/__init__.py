"""What the book adds to Sphinx: each module is an extension that `_config.yml` names."""
