"""German sentences for the translators on the page: the book's own, no captions of Multi30k.

They were written before any of these networks had seen them. Beside each stands what it means, in
the book's words.
"""

SENTENCES = {
    "Ein kleiner Junge wirft seinem Hund einen roten Ball zu.": (
        "A little boy throws a red ball to his dog."
    ),
    "Am Abend steigt ein müder Arbeiter aus dem letzten Bus.": (
        "In the evening a tired worker gets off the last bus."
    ),
    "Die Frau, die auf der Bank sitzt, liest ihrer Tochter eine Geschichte vor.": (
        "The woman who is sitting on the bench is reading a story to her daughter."
    ),
    "Zwei alte Männer spielen im Park Schach und trinken Kaffee.": (
        "Two old men are playing chess in the park and drinking coffee."
    ),
    "Ein Mädchen mit einem gelben Regenschirm wartet darauf, dass der Regen aufhört.": (
        "A girl with a yellow umbrella is waiting for the rain to stop."
    ),
    "Hinter dem Zaun bellt ein Hund, den niemand sehen kann.": (
        "Behind the fence a dog is barking that nobody can see."
    ),
    "Der Imker hebt vorsichtig eine Wabe aus dem Bienenstock.": (
        "The beekeeper carefully lifts a honeycomb out of the hive."
    ),
    "Vor einem kleinen Laden mit bunten Schildern stehen drei Frauen in langen Mänteln und "
    "unterhalten sich, während ein Mann mit einem Fahrrad vorbeifährt und zwei Kinder auf dem "
    "Gehweg mit einem Hund spielen.": (
        "In front of a small shop with colourful signs three women in long coats are standing and "
        "talking, while a man on a bicycle rides past and two children are playing with a dog on "
        "the pavement."
    ),
}
