"""The code that the book's notebooks share, one module for each subject.

Start with `data`, `encoder_decoder` and `training`; for sequences with `corpus`, `language_model`,
`seq2seq` and `attention`. The book's pages under "The code" list every class and function.
"""
