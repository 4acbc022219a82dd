"""The code that the book's notebooks share, one module for each subject.

`data`, `encoder_decoder`, `training`, `metrics` and `claims` carry chapter 1; `pca`,
`convolutional`, `quantiser`, `codec` and `weights` join in chapter 2 (with `drawings`, pictures
that are no digits); `noise` and `denoisers` in chapter 3. `figures`, `diagrams`, `tables`,
`source`, `sliders` and `frontend` put results on the page.
"""
