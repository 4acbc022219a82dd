"""From a code to a compressed file: rounding, entropy coding, the format."""
