"""Making up sentences: the same thing said in Chinese, German and English, words aligned.

What is combined in a clause (who does what to whom) decides which split it belongs to. A sentence
for testing is built of such clauses only as no sentence for training holds, from words that all of
them share: so a model that translates it has learnt to combine.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count
from types import ModuleType
from typing import Any, TypeVar
from zlib import crc32

from . import chinese, english, german
from .lexicon import (
    ADJECTIVES,
    CONJUNCTIONS,
    MODALS,
    NAMES,
    NOUNS,
    PLACES,
    PRONOUNS,
    TIMES,
    VERBS,
    Name,
    Noun,
    Pronoun,
    Verb,
)
from .pairs import Alignment, SentencePair, Tokens
from .sentences import Clause, NounPhrase, Sentence, Word

LANGUAGES: dict[str, ModuleType] = {"zh": chinese, "de": german, "en": english}
T = TypeVar("T")
SPLITS = ("train", "validation", "test")
# Of ten combinations of subject, verb and object, one is kept for validation and one for the test.
HELD_OUT = {0: "test", 1: "validation"}
SHARES = 10
MAXIMUM_CLAUSES = 5
MAXIMUM_SIZE = 100_000  # of one split; even of the shortest sentences there are more
LONGEST = 40  # characters of Chinese, words of German and of English

PERSON_NOUNS = tuple(noun for noun in NOUNS if "person" in noun.kinds)
ANIMALS = tuple(noun for noun in NOUNS if "animal" in noun.kinds)
SAYING = tuple(verb for verb in VERBS if verb.form == "say")
DOING = tuple(verb for verb in VERBS if verb.form != "say")
OBJECTS = {verb.name: tuple(noun for noun in NOUNS if noun.kinds & verb.objects) for verb in DOING}
# How often each determiner is drawn; "the (plural)" is for persons, whom Chinese marks with 们.
DETERMINERS = {
    "the": 35, "a": 16, "possessive": 13, "this": 10, "number": 8, "many": 4, "some": 5, "all": 5,
    "the (plural)": 6,
}  # fmt: skip
NEGATABLE = frozenset({"the", "this", "possessive", "the (plural)", "none"})
DEFINITE = ("the", "this", "possessive")
# What is done somewhere in particular, and what one can only be able to do.
DONE_SOMEWHERE = frozenset(
    "read write eat drink learn explain see find help sleep work laugh sing dance".split()
) | {"look for", "pick up"}
ABILITIES = frozenset({"see", "find", "understand"})
# Chinese names the result, 找到, and says of the present only that it can be reached or not.
RESULTS = frozenset({"see", "find"})
NOT_REPEATED = frozenset({"get up"})  # nobody "often gets up"
NO_GAP_AFTER = frozenset({"call"})  # Chinese puts the person before 打电话 and may not leave it out


def generate(
    size: int, *, seed: int, split: str = "train", clauses: tuple[int, ...] = (1,)
) -> list[Sentence]:
    """`size` different sentences of one split, each with one of the given numbers of clauses.

    Equal arguments give equal sentences. A relative clause counts, and so does what somebody says.
    Raises `ValueError` for more than `MAXIMUM_SIZE` sentences, for an unknown split, and for no or
    too many clauses.
    """
    if not 0 <= size <= MAXIMUM_SIZE:
        raise ValueError(f"expected between 0 and {MAXIMUM_SIZE:,} sentences, got {size:,}")
    if split not in SPLITS:
        raise ValueError(f"expected a split of {', '.join(SPLITS)}, got {split!r}")
    if not clauses or not all(1 <= number <= MAXIMUM_CLAUSES for number in clauses):
        raise ValueError(
            f"expected numbers of clauses between 1 and {MAXIMUM_CLAUSES}, got {clauses}"
        )
    speaker = Speaker(random.Random(f"{seed} {split}"), split)
    sentences: dict[str, Sentence] = {}
    while len(sentences) < size:
        sentence = speaker.sentence(speaker.random.choice(clauses))
        characters = texts(chinese.say(sentence))
        length = len(characters)
        if length > LONGEST // 2:  # only then may the others be too long
            length = max(length, len(german.say(sentence)), len(english.say(sentence)))
        if length <= LONGEST:
            sentences.setdefault(chinese.write(characters), sentence)
    return list(sentences.values())


def texts(words: list[Word]) -> Tokens:
    """The words alone, without their meanings."""
    return tuple(word.text for word in words)


def align(source: list[Word], target: list[Word]) -> Alignment:
    """The pairs of positions whose words share a meaning."""
    return frozenset(
        (i, j)
        for i, one in enumerate(source)
        for j, other in enumerate(target)
        if one.meanings & other.meanings
    )


def translate(sentence: Sentence, source: str, target: str) -> SentencePair:
    """`sentence` in two languages ("zh", "de" or "en") with its true alignment."""
    said = {language: LANGUAGES[language].say(sentence) for language in {source, target, "zh"}}
    first, second = said[source], said[target]
    in_chinese = chinese.write(texts(said["zh"]))
    return SentencePair(texts(first), texts(second), align(first, second), in_chinese)


def split_of(clause: Clause) -> str:
    """The split that this combination of subject, verb and object belongs to."""
    return _split_of_names(*combination(clause))


def combination(clause: Clause) -> tuple[str, str, str]:
    """Subject, verb and object by name; "" stands for what the clause does not have."""
    other = clause.object or clause.predicate or clause.goal
    name = other.head.name if isinstance(other, NounPhrase) else other.name if other else ""
    if clause.verb is None:
        return clause.subject.head.name, "be", name
    return clause.subject.head.name, clause.verb.name + clause.verb.form, name


def _split_of_names(subject: str, verb: str, other: str) -> str:
    if subject in ("I", "you") and other in ("", "door", "window"):
        # "schlafe" and "zumache" follow "ich" alone: kept for the test, training would lack them.
        return "train"
    return HELD_OUT.get(crc32(f"{subject} {verb} {other}".encode()) % SHARES, "train")


@dataclass
class Speaker:
    """Draws sentences of one split at random."""

    random: random.Random
    split: str

    def __post_init__(self) -> None:
        self._keys = count()

    def sentence(self, clauses: int) -> Sentence:
        """A sentence of so many clauses."""
        draw = self.random.random
        if clauses == 1:
            if draw() < 0.15:
                clause = self.clause(1, is_question=True)
                return Sentence(clause, is_question=True, key=self._key())
            return Sentence(self.clause(1, time_may_lead=True), key=self._key())
        if draw() < 0.4:
            return Sentence(self.clause(clauses, time_may_lead=True), key=self._key())
        conjunction = self.random.choice(CONJUNCTIONS)
        first = self.random.randint(1, clauses - 1)
        can_lead = conjunction.chinese_first is not None
        other_first = can_lead and (conjunction.chinese_second is None or draw() < 0.5)
        tense = "present" if conjunction.name == "if" else None
        leads = not other_first and not conjunction.subordinate
        return Sentence(
            clause=self.clause(first, tense=tense, time_may_lead=leads),
            key=self._key(),
            conjunction=conjunction,
            other=self.clause(clauses - first, tense=tense),
            other_first=other_first,
        )

    def clause(
        self,
        clauses: int,
        *,
        tense: str | None = None,
        is_question: bool = False,
        time_may_lead: bool = False,
    ) -> Clause:
        """A clause that holds `clauses - 1` others: said by somebody, or describing a noun."""
        if clauses > 1 and self.random.random() < 0.4:
            said = self.clause(clauses - 1, tense=tense)
            return self._report(said)
        if clauses == 1 and self.random.random() < 0.12:
            return self._copula()
        clause = self._details(self._core(), tense, is_question, time_may_lead)
        for _ in range(clauses - 1):
            clause = self._describe(clause)
        return clause

    def _report(self, said: Clause) -> Clause:
        """Somebody who says, knows, believes or hopes it."""
        while True:
            verb = self.random.choice(SAYING)
            # Nobody hopes that somebody hopes, nor for what is past.
            if verb is said.verb or (verb.name == "hope" and said.tense == "past"):
                continue
            subject = self._subject_of(verb, "")
            if subject is not None and subject.head is not said.subject.head:
                return Clause(self._key(), subject, verb, report=said)

    # What the clause is about --------------------------------------------------------------------

    def _core(self) -> Clause:
        """A verb with its subject and object, a combination of this split."""
        while True:
            verb = self.random.choice(DOING)
            other = None
            goal = self.random.choice(PLACES) if verb.form == "go" else None
            if verb.objects:
                other = self._object_of(verb)
            name = other.head.name if other else goal.name if goal else ""
            subject = self._subject_of(verb, name)
            if subject is None:
                continue
            gives = verb.form == "give"
            recipient = self._phrase_of(self._person("dative")) if gives else None
            key = self._key()
            clause = Clause(key, subject, verb, object=other, recipient=recipient, goal=goal)
            if _may_do(subject.head, clause):
                return clause

    def _subject_of(self, verb: Verb, other: str) -> NounPhrase | None:
        """Somebody who may do this in this split; None if a few attempts found nobody."""
        for _ in range(40):
            is_animal = "animal" in verb.subjects and self.random.random() < 0.25
            head = self.random.choice(ANIMALS) if is_animal else self._person("nominative")
            if _split_of_names(head.name, verb.name + verb.form, other) == self.split:
                return self._phrase_of(head)
        return None

    def _object_of(self, verb: Verb) -> NounPhrase:
        noun = self.random.choice(OBJECTS[verb.name])
        if "person" in noun.kinds:
            return self._phrase_of(self._person("accusative"))
        return self._noun_phrase(noun)

    def _person(self, case: str) -> Noun | Name | Pronoun:
        draw = self.random.random()
        if draw < 0.25:
            return self.random.choice(PRONOUNS if case == "nominative" else PRONOUNS[:-1])
        if draw < 0.42:
            return self.random.choice(NAMES)
        return self.random.choice(PERSON_NOUNS)

    def _phrase_of(self, head: Noun | Name | Pronoun) -> NounPhrase:
        return self._noun_phrase(head) if isinstance(head, Noun) else NounPhrase(self._key(), head)

    def _noun_phrase(
        self, noun: Noun, determiners: tuple[str, ...] = tuple(DETERMINERS), plain: bool = False
    ) -> NounPhrase:
        adjective = None
        if not plain and not noun.is_mass and noun.modifier is None and self.random.random() < 0.18:
            fitting = [adjective for adjective in ADJECTIVES if adjective.kinds & noun.kinds]
            adjective = self.random.choice(fitting) if fitting else None
        if noun.is_mass:
            return NounPhrase(self._key(), noun)
        unfit = set()
        if "person" not in noun.kinds:
            unfit.add("the (plural)")
        if "unowned" in noun.kinds:
            unfit.add("possessive")
        possible = [name for name in determiners if name not in unfit]
        determiner = self.random.choices(possible, [DETERMINERS[name] for name in possible])[0]
        number = possessor = None
        if determiner == "number":
            small = self.random.random() < 0.5
            number = self.random.randint(2, 12) if small else self.random.randint(20, 99)
        if determiner == "possessive":
            possessor = self._choose(p for p in PRONOUNS if p.english_possessive)
        return NounPhrase(self._key(), noun, determiner, number, possessor, adjective)

    def _copula(self) -> Clause:
        """ "The house is old": a noun or pronoun and one of its qualities."""
        while True:
            adjective = self._choose(a for a in ADJECTIVES if a.predicative)
            if adjective.kinds & {"person", "adult"} and self.random.random() < 0.3:
                subject = NounPhrase(self._key(), self.random.choice(PRONOUNS))
            else:
                noun = self._choose(noun for noun in NOUNS if noun.kinds & adjective.kinds)
                subject = self._noun_phrase(noun, DEFINITE, plain=True)
            clause = Clause(
                self._key(),
                subject,
                None,
                predicate=adjective,
                is_negated=self.random.random() < 0.15,
            )
            if split_of(clause) == self.split:
                return clause

    # How, when, where ----------------------------------------------------------------------------

    def _details(
        self, clause: Clause, tense: str | None, is_question: bool, time_may_lead: bool
    ) -> Clause:
        """`clause` with a tense or modal verb, perhaps a time, a place, a negation."""
        draw = self.random.random
        verb = clause.verb
        if len(verb.tenses) == 1:  # a state, such as knowing somebody: at no time and place
            return replace(clause, is_negated=self._may_deny(clause) and draw() < 0.3)
        if tense is None:
            tenses = ["present", "past", "past", "progressive", "future"]
            tense = self._choose(name for name in tenses if name in verb.tenses)
        modal = time = place = None
        if tense == "present" and (verb.name in RESULTS or draw() < 0.4):
            modal = MODALS[0] if verb.name in ABILITIES else self.random.choice(MODALS)
        # 会 alone could mean "is able to": with a time it is the future.
        if draw() < 0.4 or tense == "future":
            time = self._choose(
                time
                for time in TIMES
                if tense in time.tenses
                and not (time.is_frequency and (modal or is_question or verb.name in NOT_REPEATED))
            )
        if verb.name in DONE_SOMEWHERE and draw() < 0.25:
            place = self.random.choice(PLACES)
        is_habit = time is not None and time.tenses == {"present"}
        may_deny = (
            self._may_deny(clause)
            and tense != "progressive"
            and not is_habit
            and not (modal and not modal.negatable)
        )
        may_lead = time_may_lead and not is_question and time and not time.is_frequency
        return replace(
            clause,
            tense=tense,
            modal=modal,
            time=time,
            place=place,
            is_negated=may_deny and draw() < 0.3,
            time_first=bool(may_lead and draw() < 0.4),
        )

    def _may_deny(self, clause: Clause) -> bool:
        """Whether "not" would leave no doubt about what is denied."""
        phrases = (clause.subject, clause.object, clause.recipient)
        # "versteht keine Mathematik" is hardly German.
        if clause.object is not None and clause.verb.name in ("understand", "explain"):
            return clause.object.determiner in DEFINITE and clause.subject.determiner in NEGATABLE
        return all(phrase is None or phrase.determiner in NEGATABLE for phrase in phrases)

    # Relative clauses ----------------------------------------------------------------------------

    def _describe(self, clause: Clause) -> Clause:
        """`clause` with a relative clause on one of its nouns."""
        roles = [
            role
            for role in ("subject", "object")
            if (phrase := getattr(clause, role)) is not None
            and isinstance(phrase.head, Noun)
            and not phrase.head.is_mass
            and phrase.relative is None
            # 给老师孩子找的书 would be hard to read: where does the recipient end?
            and not (role == "object" and clause.recipient is not None)
        ]
        role = self.random.choice(roles) if roles else ""
        phrase = getattr(clause, role, None)
        relative = self._relative(phrase.head, clause.verb) if phrase else None
        if relative is None:  # nothing to describe: somebody says it instead
            return self._report(_without_lead(clause))
        phrase = NounPhrase(phrase.key, phrase.head, "the", relative=relative)
        described: dict[str, Any] = {role: phrase}
        clause = replace(clause, **described)
        # 昨天今天来的老师 would be hard to read: no time leads before a relative clause.
        is_clear = role == "object" and clause.time_first
        return replace(clause, place=None) if is_clear else _without_lead(clause)

    def _relative(self, noun: Noun, main_verb: Verb) -> Clause | None:
        """A clause in which `noun` is the subject or the object, and is left out.

        It has another verb than the clause around it. None if many attempts found nothing.
        """
        for _ in range(1000):
            clause = self._core()
            if clause.verb is main_verb:
                continue
            if clause.verb.objects & noun.kinds and _can_be_left_out(noun, clause.verb):
                trial = replace(clause, object=NounPhrase(-1, noun, "the"))
                if split_of(trial) == self.split and _may_do(trial.subject.head, trial):
                    # 老师昨天买的书: without 了 only the time tells that it is past.
                    tense = self._choose(t for t in ("present", "past") if t in clause.verb.tenses)
                    trial = self._details(trial, tense, False, False)
                    if tense == "past":
                        past = self._choose(time for time in TIMES if time.tenses == {"past"})
                        trial = replace(trial, time=past)
                    return replace(trial, object=None, gap="object")
            elif clause.verb.subjects & noun.kinds:
                trial = replace(clause, subject=NounPhrase(-1, noun, "the"))
                if split_of(trial) == self.split and _may_do(noun, trial):
                    trial = self._details(trial, None, False, False)
                    return replace(trial, subject=None, gap="subject")
        return None

    def _choose(self, candidates: Iterable[T]) -> T:
        return self.random.choice(list(candidates))

    def _key(self) -> int:
        return next(self._keys)


def _without_lead(clause: Clause) -> Clause:
    """`clause` with no time put first.

    After "the book that she reads" a time or place would seem to belong to the reading, so after
    such an object there is none.
    """
    clause = replace(clause, time_first=False)
    if clause.object is None or clause.object.relative is None:
        return clause
    tense = "past" if clause.tense == "future" else clause.tense  # 会 needs a time
    return replace(clause, time=None, place=None, tense=tense)


def _can_be_left_out(noun: Noun, verb: Verb) -> bool:
    """Whether `noun` can be the object of `verb` that a relative clause leaves out.

    "die Frau, die das Kind sucht" could be looking for the child or be looked for, so such a noun
    is a masculine one, the object of a dative verb, or nothing that could look for anybody.
    """
    is_clear = noun.gender == "m" or verb.case == "dative" or not verb.subjects & noun.kinds
    return is_clear and verb.form == "plain" and verb.name not in NO_GAP_AFTER


def _may_do(subject: Noun | Name | Pronoun, clause: Clause) -> bool:
    """Whether `subject` can be that of `clause`."""
    others = (clause.object, clause.recipient)
    if not all(_may_meet(subject, other.head) for other in others if other is not None):
        return False
    # Animals drink water and milk, neither tea nor coffee.
    is_animal = isinstance(subject, Noun) and "animal" in subject.kinds
    if not is_animal or clause.verb.name != "drink":
        return True
    drink = clause.object.head
    return isinstance(drink, Noun) and "natural" in drink.kinds


def _may_meet(one: Noun | Name | Pronoun, other: Noun | Name | Pronoun) -> bool:
    """Whether they can be subject and object of one verb: nobody sees himself here."""
    if isinstance(one, Pronoun) and isinstance(other, Pronoun):
        among = ({"I", "we"}, {"he", "they"}, {"she", "they"})
        return one.name != other.name and {one.name, other.name} not in among
    return one.name != other.name
