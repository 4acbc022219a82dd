"""The code that the book's notebooks share, in rooms; a room imports from those below it only.

    explorers     sliders on the page           baselines     what the networks have to beat
    drawing       figures, diagrams, tables     measures      how good something is
    compression   code and file                 decoding      searches and their steps
    models        the networks                  training      the loop
    text          tokens, batches               languages     the book's grammar
    images        digits, noise                 storage       files
    notebook      claims, sliders, sources

Start with `images.digits`, `models.encoder_decoder` and `training.loop`; for sequences with
`text.corpus`, `models.language_model`, `models.seq2seq` and `models.attention`. The book's pages
under "The code" list every class and function.
"""
