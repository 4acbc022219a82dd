"""Text for networks: corpora, tokens, vocabularies, batches, and sentences that somebody typed."""
