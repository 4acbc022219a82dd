"""The grammar: what it says in three languages, how the words are aligned, how it is split."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, count, pairwise, product

import pytest

from utils.languages.grammar import (
    LANGUAGES,
    SPLITS,
    Speaker,
    align,
    combination,
    generate,
    split_of,
    texts,
    translate,
)
from utils.languages.lexicon import (
    ADJECTIVES,
    CONJUNCTIONS,
    MODALS,
    NAMES,
    NOUNS,
    PLACES,
    PRONOUNS,
    TIMES,
    VERBS,
    Noun,
    Pronoun,
)
from utils.languages.sentences import Clause, NounPhrase, Sentence

# Sentences by hand ----------------------------------------------------------------------------

BY_NAME = {one.name: one for one in (*NOUNS, *NAMES, *PRONOUNS)}
VERB = {verb.name + " that" * (verb.form == "say"): verb for verb in VERBS}
ADJECTIVE, MODAL, TIME, PLACE, CONJUNCTION = (
    {one.name: one for one in table} for table in (ADJECTIVES, MODALS, TIMES, PLACES, CONJUNCTIONS)
)
KEYS = count()


def np(text, relative=None):
    """A noun phrase from English words: "she", "tea", "a big dog", "21 student", "my key"."""
    if text in BY_NAME:  # a pronoun, a name or a mass noun
        return NounPhrase(next(KEYS), BY_NAME[text])
    determiner, rest = text.split(" ", 1)
    adjective, _, noun = ("", "", rest) if rest in BY_NAME else rest.partition(" ")
    number = int(determiner) if determiner.isdigit() else None
    possessor = next((one for one in PRONOUNS if one.english_possessive == determiner), None)
    if determiner == "these":  # several persons who are known: 老师们
        determiner = "the (plural)"
    return NounPhrase(
        next(KEYS),
        BY_NAME[noun],
        "number" if number else "possessive" if possessor else determiner,
        number,
        possessor,
        ADJECTIVE[adjective] if adjective else None,
        relative,
    )


def clause(subject, verb, object=None, **details):
    """A clause from English words. `verb` is "be" with an adjective as `object`."""
    for name, table in (("modal", MODAL), ("time", TIME), ("place", PLACE), ("goal", PLACE)):
        if name in details:
            details[name] = table[details[name]]
    if isinstance(details.get("recipient"), str):
        details["recipient"] = np(details["recipient"])
    if isinstance(subject, str):
        subject = np(subject)
    if verb == "be":
        return Clause(next(KEYS), subject, None, predicate=ADJECTIVE[object], **details)
    if isinstance(object, str):
        object = np(object)
    return Clause(next(KEYS), subject, VERB[verb], object=object, **details)


def past(*words, **details):
    return clause(*words, tense="past", **details)


def progressive(*words, **details):
    return clause(*words, tense="progressive", **details)


def future(*words, time="tomorrow", **details):
    return clause(*words, tense="future", time=time, **details)


def denied(*words, **details):
    return clause(*words, is_negated=True, **details)


def who(*words, **details):
    """A relative clause about its subject."""
    return clause(None, *words, gap="subject", **details)


def whom(*words, **details):
    """A relative clause about its object."""
    return clause(*words, gap="object", **details)


def sentence(one):
    return one if isinstance(one, Sentence) else Sentence(one, key=next(KEYS))


def question(one):
    return Sentence(one, is_question=True, key=next(KEYS))


def joined(first, conjunction, second):
    """`first`, the conjunction, `second`."""
    return Sentence(first, key=next(KEYS), conjunction=CONJUNCTION[conjunction], other=second)


def led(conjunction, first, second):
    """The conjunction, `first`, `second`."""
    conjunction = CONJUNCTION[conjunction]
    return Sentence(second, key=next(KEYS), conjunction=conjunction, other=first, other_first=True)


def written(one, language):
    module = LANGUAGES[language]
    return module.write(texts(module.say(sentence(one))))


# Each says the same three times, as a native speaker would write it.
EXAMPLES = {
    "German gender and case": [
        (
            clause("the teacher", "see", "the doctor"),
            ("老师看见医生。", "Der Lehrer sieht die Ärztin.", "The teacher sees the doctor."),
        ),
        (
            clause("the child", "look for", "the dog"),
            ("孩子找狗。", "Das Kind sucht den Hund.", "The child looks for the dog."),
        ),
        (
            clause("the cat", "see", "the horse"),
            ("猫看见马。", "Die Katze sieht das Pferd.", "The cat sees the horse."),
        ),
        (
            clause("I", "thank", "the teacher"),
            ("我感谢老师。", "Ich danke dem Lehrer.", "I thank the teacher."),
        ),
        (
            clause("he", "help", "the doctor"),
            ("他帮助医生。", "Er hilft der Ärztin.", "He helps the doctor."),
        ),
        (
            clause("you", "help", "the child"),
            ("你帮助孩子。", "Du hilfst dem Kind.", "You help the child."),
        ),
        (
            clause("you", "help", "she"),
            ("你帮助她。", "Du hilfst ihr.", "You help her."),
        ),
        (
            clause("she", "thank", "he"),
            ("她感谢他。", "Sie dankt ihm.", "She thanks him."),
        ),
    ],
    "weak nouns": [
        (
            clause("the student", "know", "the neighbour"),
            (
                "学生认识邻居。",
                "Der Student kennt den Nachbarn.",
                "The student knows the neighbour.",
            ),
        ),
        (
            clause("the neighbour", "know", "a student"),
            (
                "邻居认识一个学生。",
                "Der Nachbar kennt einen Studenten.",
                "The neighbour knows a student.",
            ),
        ),
        (
            clause("I", "help", "the neighbour"),
            ("我帮助邻居。", "Ich helfe dem Nachbarn.", "I help the neighbour."),
        ),
    ],
    "dative plural": [
        (
            clause("we", "help", "4 child"),
            ("我们帮助四个孩子。", "Wir helfen vier Kindern.", "We help four children."),
        ),
        (
            clause("I", "thank", "these man"),
            ("我感谢男人们。", "Ich danke den Männern.", "I thank the men."),
        ),
        (
            clause("I", "thank", "all teacher"),
            ("我感谢所有老师。", "Ich danke allen Lehrern.", "I thank all teachers."),
        ),
        (
            clause("I", "thank", "some woman"),
            ("我感谢一些女人。", "Ich danke einigen Frauen.", "I thank some women."),
        ),
        (
            clause("I", "thank", "many girl"),
            ("我感谢很多女孩。", "Ich danke vielen Mädchen.", "I thank many girls."),
        ),
    ],
    "adjectives": [
        (
            clause("the young teacher", "buy", "the old car"),
            (
                "年轻的老师买旧汽车。",
                "Der junge Lehrer kauft das alte Auto.",
                "The young teacher buys the old car.",
            ),
        ),
        (
            clause("a young teacher", "buy", "a old car"),
            (
                "一位年轻的老师买一辆旧汽车。",
                "Ein junger Lehrer kauft ein altes Auto.",
                "A young teacher buys an old car.",
            ),
        ),
        (
            clause("a tired woman", "sell", "a black dog"),
            (
                "一个累的女人卖一只黑狗。",
                "Eine müde Frau verkauft einen schwarzen Hund.",
                "A tired woman sells a black dog.",
            ),
        ),
        (
            clause("the young doctor", "look for", "the small key"),
            (
                "年轻的医生找小钥匙。",
                "Die junge Ärztin sucht den kleinen Schlüssel.",
                "The young doctor looks for the small key.",
            ),
        ),
        (
            clause("I", "help", "a tired woman"),
            ("我帮助一个累的女人。", "Ich helfe einer müden Frau.", "I help a tired woman."),
        ),
        (
            clause("he", "thank", "the friendly neighbour"),
            (
                "他感谢友好的邻居。",
                "Er dankt dem freundlichen Nachbarn.",
                "He thanks the friendly neighbour.",
            ),
        ),
        (
            clause("my small horse", "sleep"),
            ("我的小马睡觉。", "Mein kleines Pferd schläft.", "My small horse sleeps."),
        ),
        (
            clause("our big dog", "see", "your small cat"),
            (
                "我们的大狗看见你的小猫。",
                "Unser großer Hund sieht deine kleine Katze.",
                "Our big dog sees your small cat.",
            ),
        ),
        (
            clause("he", "sell", "this old house"),
            ("他卖这栋旧房子。", "Er verkauft dieses alte Haus.", "He sells this old house."),
        ),
        (
            clause("this tired man", "buy", "a expensive bicycle"),
            (
                "这个累的男人买一辆贵的自行车。",
                "Dieser müde Mann kauft ein teures Fahrrad.",
                "This tired man buys an expensive bicycle.",
            ),
        ),
        (
            clause("many young woman", "see", "all old house"),
            (
                "很多年轻的女人看见所有旧房子。",
                "Viele junge Frauen sehen alle alten Häuser.",
                "Many young women see all old houses.",
            ),
        ),
        (
            clause("some young woman", "buy", "some new bicycle"),
            (
                "一些年轻的女人买一些新自行车。",
                "Einige junge Frauen kaufen einige neue Fahrräder.",
                "Some young women buy some new bicycles.",
            ),
        ),
        (
            clause("these hungry child", "eat", "3 red apple"),
            (
                "饿的孩子们吃三个红苹果。",
                "Die hungrigen Kinder essen drei rote Äpfel.",
                "The hungry children eat three red apples.",
            ),
        ),
        (
            clause("I", "help", "3 young man"),
            (
                "我帮助三个年轻的男人。",
                "Ich helfe drei jungen Männern.",
                "I help three young men.",
            ),
        ),
        (
            clause("I", "thank", "all young man"),
            (
                "我感谢所有年轻的男人。",
                "Ich danke allen jungen Männern.",
                "I thank all young men.",
            ),
        ),
        (
            clause("machine learning", "be", "difficult"),
            (
                "机器学习很难。",
                "Maschinelles Lernen ist schwierig.",
                "Machine learning is difficult.",
            ),
        ),
        (
            clause("a engineer", "train", "the neural network"),
            (
                "一位工程师训练神经网络。",
                "Eine Ingenieurin trainiert das neuronale Netz.",
                "An engineer trains the neural network.",
            ),
        ),
        (
            clause("she", "explain", "a neural network"),
            (
                "她解释一个神经网络。",
                "Sie erklärt ein neuronales Netz.",
                "She explains a neural network.",
            ),
        ),
    ],
    "possessives": [
        (
            clause("her cat", "see", "his dog"),
            ("她的猫看见他的狗。", "Ihre Katze sieht seinen Hund.", "Her cat sees his dog."),
        ),
        (
            clause("your child", "help", "our teacher"),
            (
                "你的孩子帮助我们的老师。",
                "Dein Kind hilft unserem Lehrer.",
                "Your child helps our teacher.",
            ),
        ),
        (
            clause("my friend", "thank", "my doctor"),
            (
                "我的朋友感谢我的医生。",
                "Mein Freund dankt meiner Ärztin.",
                "My friend thanks my doctor.",
            ),
        ),
    ],
    "person of the verb": [
        (clause("I", "read", "a book"), ("我读一本书。", "Ich lese ein Buch.", "I read a book.")),
        (
            clause("you", "read", "a book"),
            ("你读一本书。", "Du liest ein Buch.", "You read a book."),
        ),
        (
            clause("she", "read", "a book"),
            ("她读一本书。", "Sie liest ein Buch.", "She reads a book."),
        ),
        (
            clause("they", "read", "a book"),
            ("他们读一本书。", "Sie lesen ein Buch.", "They read a book."),
        ),
        (
            clause("Paul", "go", goal="park"),
            ("保罗去公园。", "Paul geht in den Park.", "Paul goes to the park."),
        ),
        (clause("they", "be", "tired"), ("他们很累。", "Sie sind müde.", "They are tired.")),
        (clause("I", "be", "hungry"), ("我很饿。", "Ich bin hungrig.", "I am hungry.")),
    ],
    "time first, and within": [
        (
            past("I", "buy", "a book", time="yesterday", time_first=True),
            (
                "昨天我买了一本书。",
                "Gestern habe ich ein Buch gekauft.",
                "Yesterday I bought a book.",
            ),
        ),
        (
            past("I", "buy", "a book", time="yesterday"),
            (
                "我昨天买了一本书。",
                "Ich habe gestern ein Buch gekauft.",
                "I bought a book yesterday.",
            ),
        ),
        (
            future("she", "visit", "the child", time="next week", time_first=True),
            (
                "下个星期她会拜访孩子。",
                "Nächste Woche wird sie das Kind besuchen.",
                "Next week she will visit the child.",
            ),
        ),
        (
            clause("she", "feed", "the cat", time="every day"),
            ("她每天喂猫。", "Sie füttert jeden Tag die Katze.", "She feeds the cat every day."),
        ),
        (
            clause("he", "work", time="in the evening", time_first=True),
            ("晚上他工作。", "Am Abend arbeitet er.", "In the evening he works."),
        ),
        (
            clause("I", "go", goal="park", time="often"),
            ("我经常去公园。", "Ich gehe oft in den Park.", "I often go to the park."),
        ),
        (
            clause("she", "open", "the door", time="always"),
            ("她总是打开门。", "Sie macht immer die Tür auf.", "She always opens the door."),
        ),
    ],
    "two clauses": [
        (
            joined(clause("I", "sleep"), "because", clause("I", "be", "tired")),
            (
                "我睡觉，因为我很累。",
                "Ich schlafe, weil ich müde bin.",
                "I sleep because I am tired.",
            ),
        ),
        (
            led("because", clause("I", "be", "tired"), clause("I", "sleep")),
            (
                "因为我很累，所以我睡觉。",
                "Weil ich müde bin, schlafe ich.",
                "Because I am tired, I sleep.",
            ),
        ),
        (
            joined(clause("he", "work"), "although", clause("he", "be", "tired")),
            (
                "他工作，尽管他很累。",
                "Er arbeitet, obwohl er müde ist.",
                "He works although he is tired.",
            ),
        ),
        (
            led(
                "although",
                past("Anna", "learn", "German"),
                clause("she", "understand", "the sentence", modal="can", is_negated=True),
            ),
            (
                "虽然安娜学了德语，但是她不能理解句子。",
                "Obwohl Anna Deutsch gelernt hat, kann sie den Satz nicht verstehen.",
                "Although Anna learned German, she cannot understand the sentence.",
            ),
        ),
        (
            led("if", clause("you", "dance", modal="want"), clause("I", "sing")),
            (
                "如果你想跳舞，我唱歌。",
                "Wenn du tanzen willst, singe ich.",
                "If you want to dance, I sing.",
            ),
        ),
        (
            joined(past("I", "work"), "but", progressive("she", "sleep")),
            (
                "我工作了，但是她正在睡觉。",
                "Ich habe gearbeitet, aber sie schläft gerade.",
                "I worked, but she is sleeping.",
            ),
        ),
        (
            joined(clause("I", "sing"), "and", clause("you", "dance")),
            ("我唱歌，而你跳舞。", "Ich singe, und du tanzt.", "I sing, and you dance."),
        ),
    ],
    "what somebody says": [
        (
            clause("Anna", "say that", report=past("Peter", "buy", "a cat")),
            (
                "安娜说彼得买了一只猫。",
                "Anna sagt, dass Peter eine Katze gekauft hat.",
                "Anna says that Peter bought a cat.",
            ),
        ),
        (
            clause(
                "I",
                "know that",
                report=clause("you", "believe that", report=progressive("they", "work")),
            ),
            (
                "我知道你相信他们正在工作。",
                "Ich weiß, dass du glaubst, dass sie gerade arbeiten.",
                "I know that you believe that they are working.",
            ),
        ),
        (
            clause("we", "hope that", report=future("you", "come", goal="school")),
            (
                "我们希望你明天会来学校。",
                "Wir hoffen, dass du morgen in die Schule kommen wirst.",
                "We hope that you will come to the school tomorrow.",
            ),
        ),
    ],
    "relative clauses": [
        (
            clause(np("the student", who("read", "the book")), "sleep"),
            (
                "读书的学生睡觉。",
                "Der Student, der das Buch liest, schläft.",
                "The student who reads the book sleeps.",
            ),
        ),
        (
            clause(
                np("the book", whom("the teacher", "buy", tense="past", time="yesterday")),
                "be",
                "expensive",
            ),
            (
                "老师昨天买的书很贵。",
                "Das Buch, das der Lehrer gestern gekauft hat, ist teuer.",
                "The book that the teacher bought yesterday is expensive.",
            ),
        ),
        (
            past(np("the neighbour", whom("I", "know")), "laugh"),
            (
                "我认识的邻居笑了。",
                "Der Nachbar, den ich kenne, hat gelacht.",
                "The neighbour that I know laughed.",
            ),
        ),
        (
            clause("I", "know", np("the woman", whom("he", "help"))),
            (
                "我认识他帮助的女人。",
                "Ich kenne die Frau, der er hilft.",
                "I know the woman that he helps.",
            ),
        ),
        (
            clause("I", "know", np("the man", whom("he", "help"))),
            (
                "我认识他帮助的男人。",
                "Ich kenne den Mann, dem er hilft.",
                "I know the man that he helps.",
            ),
        ),
        (
            past("I", "feed", np("the cat", who("sleep", place="garden"))),
            (
                "我喂了在花园里睡觉的猫。",
                "Ich habe die Katze, die im Garten schläft, gefüttert.",
                "I fed the cat that sleeps in the garden.",
            ),
        ),
        (
            joined(
                clause("I", "help", np("the woman", who("sing"))),
                "because",
                clause("I", "be", "friendly"),
            ),
            (
                "我帮助唱歌的女人，因为我很友好。",
                "Ich helfe der Frau, die singt, weil ich freundlich bin.",
                "I help the woman who sings because I am friendly.",
            ),
        ),
        (
            progressive(np("the child", who("open", "the door", tense="past")), "laugh"),
            (
                "打开了门的孩子正在笑。",
                "Das Kind, das die Tür aufgemacht hat, lacht gerade.",
                "The child who opened the door is laughing.",
            ),
        ),
        (
            clause("the man", "close", np("the window", whom("she", "open", time="every day"))),
            (
                "男人关上她每天打开的窗户。",
                "Der Mann macht das Fenster, das sie jeden Tag aufmacht, zu.",
                "The man closes the window that she opens every day.",
            ),
        ),
        (
            clause("we", "buy", np("the key", whom("he", "look for"))),
            (
                "我们买他找的钥匙。",
                "Wir kaufen den Schlüssel, den er sucht.",
                "We buy the key that he looks for.",
            ),
        ),
        (
            clause(
                "she",
                "say that",
                report=clause("he", "know", np("the girl", who("dance", tense="past"))),
            ),
            (
                "她说他认识跳了舞的女孩。",
                "Sie sagt, dass er das Mädchen, das getanzt hat, kennt.",
                "She says that he knows the girl who danced.",
            ),
        ),
    ],
    "the past": [
        (
            past("I", "learn", "German"),
            ("我学了德语。", "Ich habe Deutsch gelernt.", "I learned German."),
        ),
        (
            past("he", "go", goal="park"),
            ("他去了公园。", "Er ist in den Park gegangen.", "He went to the park."),
        ),
        (
            past("we", "come", goal="library"),
            (
                "我们来了图书馆。",
                "Wir sind in die Bibliothek gekommen.",
                "We came to the library.",
            ),
        ),
        (past("you", "get up"), ("你起了床。", "Du bist aufgestanden.", "You got up.")),
        (past("Lisa", "sleep"), ("丽莎睡了觉。", "Lisa hat geschlafen.", "Lisa slept.")),
        (past("Maria", "sing"), ("玛丽亚唱了歌。", "Maria hat gesungen.", "Maria sang.")),
        (past("they", "dance"), ("他们跳了舞。", "Sie haben getanzt.", "They danced.")),
        (
            past("Thomas", "call", "the doctor"),
            (
                "托马斯给医生打了电话。",
                "Thomas hat die Ärztin angerufen.",
                "Thomas called the doctor.",
            ),
        ),
    ],
    "separable verbs": [
        (
            clause("he", "open", "the door"),
            ("他打开门。", "Er macht die Tür auf.", "He opens the door."),
        ),
        (
            past("he", "open", "the door"),
            ("他打开了门。", "Er hat die Tür aufgemacht.", "He opened the door."),
        ),
        (
            clause("I", "open", "the window", modal="want"),
            ("我想打开窗户。", "Ich will das Fenster aufmachen.", "I want to open the window."),
        ),
        (
            future("he", "close", "the door"),
            (
                "他明天会关上门。",
                "Er wird morgen die Tür zumachen.",
                "He will close the door tomorrow.",
            ),
        ),
        (
            joined(clause("I", "laugh"), "because", clause("he", "open", "the door")),
            (
                "我笑，因为他打开门。",
                "Ich lache, weil er die Tür aufmacht.",
                "I laugh because he opens the door.",
            ),
        ),
        (
            joined(past("I", "laugh"), "because", denied("he", "open", "the door")),
            (
                "我笑了，因为他不打开门。",
                "Ich habe gelacht, weil er die Tür nicht aufmacht.",
                "I laughed because he does not open the door.",
            ),
        ),
        (
            led("because", past("he", "open", "the door"), clause("I", "get up")),
            (
                "因为他打开了门，所以我起床。",
                "Weil er die Tür aufgemacht hat, stehe ich auf.",
                "Because he opened the door, I get up.",
            ),
        ),
        (
            clause("she", "call", "I", time="every day"),
            ("她每天给我打电话。", "Sie ruft mich jeden Tag an.", "She calls me every day."),
        ),
        (
            clause("you", "invite", "Anna"),
            ("你邀请安娜。", "Du lädst Anna ein.", "You invite Anna."),
        ),
    ],
    "two objects": [
        (
            clause("I", "give", "a apple", recipient="the child"),
            (
                "我给孩子一个苹果。",
                "Ich gebe dem Kind einen Apfel.",
                "I give the child an apple.",
            ),
        ),
        (
            past("I", "give", "a key", recipient="he"),
            (
                "我给了他一把钥匙。",
                "Ich habe ihm einen Schlüssel gegeben.",
                "I gave him a key.",
            ),
        ),
        (
            clause("the teacher", "show", "a sentence", recipient="these student"),
            (
                "老师给学生们看一个句子。",
                "Der Lehrer zeigt den Studenten einen Satz.",
                "The teacher shows the students a sentence.",
            ),
        ),
        (
            past("she", "show", "a book", recipient="the child"),
            (
                "她给孩子看了一本书。",
                "Sie hat dem Kind ein Buch gezeigt.",
                "She showed the child a book.",
            ),
        ),
        (
            past("I", "send", "a letter", recipient="Anna", time="yesterday"),
            (
                "我昨天给安娜寄了一封信。",
                "Ich habe Anna gestern einen Brief geschickt.",
                "I sent Anna a letter yesterday.",
            ),
        ),
    ],
    "pronouns and names before the time": [
        (
            past("he", "look for", "I", time="yesterday"),
            ("他昨天找了我。", "Er hat mich gestern gesucht.", "He looked for me yesterday."),
        ),
        (
            past("he", "invite", "Anna", time="yesterday"),
            ("他昨天邀请了安娜。", "Er hat Anna gestern eingeladen.", "He invited Anna yesterday."),
        ),
        (
            past("he", "invite", "the child", time="yesterday"),
            (
                "他昨天邀请了孩子。",
                "Er hat gestern das Kind eingeladen.",
                "He invited the child yesterday.",
            ),
        ),
        (
            clause("I", "give", "a book", recipient="she", time="today"),
            ("我今天给她一本书。", "Ich gebe ihr heute ein Buch.", "I give her a book today."),
        ),
        (
            clause("I", "give", "a book", recipient="the girl", time="today"),
            (
                "我今天给女孩一本书。",
                "Ich gebe heute dem Mädchen ein Buch.",
                "I give the girl a book today.",
            ),
        ),
    ],
    "kein": [
        (
            denied("I", "drink", "tea"),
            ("我不喝茶。", "Ich trinke keinen Tee.", "I do not drink tea."),
        ),
        (
            denied("she", "buy", "milk", tense="past"),
            ("她没买牛奶。", "Sie hat keine Milch gekauft.", "She did not buy milk."),
        ),
        (
            denied("he", "learn", "German", modal="want"),
            (
                "他不想学德语。",
                "Er will kein Deutsch lernen.",
                "He does not want to learn German.",
            ),
        ),
        (
            denied("he", "learn", "machine learning"),
            (
                "他不学机器学习。",
                "Er lernt kein maschinelles Lernen.",
                "He does not learn machine learning.",
            ),
        ),
    ],
    "nicht": [
        (
            denied("I", "buy", "this book"),
            ("我不买这本书。", "Ich kaufe dieses Buch nicht.", "I do not buy this book."),
        ),
        (
            denied("I", "know", "you"),
            ("我不认识你。", "Ich kenne dich nicht.", "I do not know you."),
        ),
        (
            denied("he", "work", place="school", tense="past"),
            (
                "他没在学校工作。",
                "Er hat nicht in der Schule gearbeitet.",
                "He did not work at the school.",
            ),
        ),
        (
            denied("she", "go", goal="market"),
            ("她不去市场。", "Sie geht nicht auf den Markt.", "She does not go to the market."),
        ),
        (
            denied("the house", "be", "big"),
            ("房子不大。", "Das Haus ist nicht groß.", "The house is not big."),
        ),
        (
            denied("we", "sell", "the house", modal="want"),
            (
                "我们不想卖房子。",
                "Wir wollen das Haus nicht verkaufen.",
                "We do not want to sell the house.",
            ),
        ),
        (
            denied("he", "close", "the door"),
            ("他不关上门。", "Er macht die Tür nicht zu.", "He does not close the door."),
        ),
        (
            denied("Lisa", "send", "the letter", recipient="he", tense="past"),
            (
                "丽莎没给他寄信。",
                "Lisa hat ihm den Brief nicht geschickt.",
                "Lisa did not send him the letter.",
            ),
        ),
        (
            denied("Lisa", "help", "he", tense="future", time="tomorrow"),
            (
                "丽莎明天不会帮助他。",
                "Lisa wird ihm morgen nicht helfen.",
                "Lisa will not help him tomorrow.",
            ),
        ),
    ],
    "numbers": [
        (
            clause("21 student", "sleep"),
            (
                "二十一个学生睡觉。",
                "Einundzwanzig Studenten schlafen.",
                "Twenty-one students sleep.",
            ),
        ),
        (clause("2 dog", "sleep"), ("两只狗睡觉。", "Zwei Hunde schlafen.", "Two dogs sleep.")),
        (
            clause("22 dog", "sleep"),
            ("二十二只狗睡觉。", "Zweiundzwanzig Hunde schlafen.", "Twenty-two dogs sleep."),
        ),
        (clause("10 bird", "sleep"), ("十只鸟睡觉。", "Zehn Vögel schlafen.", "Ten birds sleep.")),
        (
            clause("12 bird", "sleep"),
            ("十二只鸟睡觉。", "Zwölf Vögel schlafen.", "Twelve birds sleep."),
        ),
        (
            clause("20 horse", "sleep"),
            ("二十匹马睡觉。", "Zwanzig Pferde schlafen.", "Twenty horses sleep."),
        ),
        (
            clause("97 woman", "sleep"),
            (
                "九十七个女人睡觉。",
                "Siebenundneunzig Frauen schlafen.",
                "Ninety-seven women sleep.",
            ),
        ),
        (
            clause("I", "thank", "35 friend"),
            (
                "我感谢三十五个朋友。",
                "Ich danke fünfunddreißig Freunden.",
                "I thank thirty-five friends.",
            ),
        ),
    ],
    "places": [
        (
            clause("he", "sing", place="garden"),
            ("他在花园里唱歌。", "Er singt im Garten.", "He sings in the garden."),
        ),
        (
            clause("he", "sing", place="kitchen"),
            ("他在厨房里唱歌。", "Er singt in der Küche.", "He sings in the kitchen."),
        ),
        (
            clause("he", "sing", place="station"),
            ("他在火车站唱歌。", "Er singt am Bahnhof.", "He sings at the station."),
        ),
        (
            clause("he", "sing", place="university"),
            ("他在大学里唱歌。", "Er singt an der Universität.", "He sings at the university."),
        ),
        (
            clause("he", "sing", place="market"),
            ("他在市场上唱歌。", "Er singt auf dem Markt.", "He sings at the market."),
        ),
        (
            clause("he", "sing", place="city"),
            ("他在城里唱歌。", "Er singt in der Stadt.", "He sings in the city."),
        ),
        (
            clause("he", "go", goal="office"),
            ("他去办公室。", "Er geht ins Büro.", "He goes to the office."),
        ),
        (
            clause("he", "go", goal="station"),
            ("他去火车站。", "Er geht zum Bahnhof.", "He goes to the station."),
        ),
        (
            clause("he", "go", goal="university"),
            ("他去大学。", "Er geht zur Universität.", "He goes to the university."),
        ),
        (
            clause("he", "go", goal="garden"),
            ("他去花园。", "Er geht in den Garten.", "He goes to the garden."),
        ),
        (
            past("he", "eat", "the apple", place="garden"),
            (
                "他在花园里吃了苹果。",
                "Er hat den Apfel im Garten gegessen.",
                "He ate the apple in the garden.",
            ),
        ),
        (
            past("he", "eat", "a apple", place="garden", time="today"),
            (
                "他今天在花园里吃了一个苹果。",
                "Er hat heute im Garten einen Apfel gegessen.",
                "He ate an apple in the garden today.",
            ),
        ),
        (
            denied("she", "drink", "tea", place="kitchen"),
            (
                "她不在厨房里喝茶。",
                "Sie trinkt in der Küche keinen Tee.",
                "She does not drink tea in the kitchen.",
            ),
        ),
    ],
    "what is going on": [
        (
            progressive("she", "read", "the book"),
            ("她正在读书。", "Sie liest gerade das Buch.", "She is reading the book."),
        ),
        (
            progressive("I", "read", "the book", place="library"),
            (
                "我正在图书馆里读书。",
                "Ich lese gerade das Buch in der Bibliothek.",
                "I am reading the book in the library.",
            ),
        ),
        (
            progressive("the child", "sleep", time="now"),
            ("孩子现在正在睡觉。", "Das Kind schläft jetzt gerade.", "The child is sleeping now."),
        ),
        (
            progressive("they", "pick up", "we"),
            ("他们正在接我们。", "Sie holen uns gerade ab.", "They are picking us up."),
        ),
    ],
    "modal verbs": [
        (
            clause("you", "sleep", modal="must"),
            ("你必须睡觉。", "Du musst schlafen.", "You must sleep."),
        ),
        (
            clause("the girl", "invite", "we", modal="may"),
            ("女孩可以邀请我们。", "Das Mädchen darf uns einladen.", "The girl may invite us."),
        ),
        (
            clause("she", "repair", "the computer", modal="want"),
            (
                "她想修理电脑。",
                "Sie will den Computer reparieren.",
                "She wants to repair the computer.",
            ),
        ),
        (
            clause("he", "see", "the bird", modal="can"),
            ("他能看见鸟。", "Er kann den Vogel sehen.", "He can see the bird."),
        ),
        (
            denied("he", "find", "the key", modal="can"),
            (
                "他不能找到钥匙。",
                "Er kann den Schlüssel nicht finden.",
                "He cannot find the key.",
            ),
        ),
        (
            joined(
                clause("I", "help", "she"),
                "because",
                denied("she", "find", "the key", modal="can"),
            ),
            (
                "我帮助她，因为她不能找到钥匙。",
                "Ich helfe ihr, weil sie den Schlüssel nicht finden kann.",
                "I help her because she cannot find the key.",
            ),
        ),
    ],
    "questions": [
        (
            question(clause("he", "open", "the door")),
            ("他打开门吗？", "Macht er die Tür auf?", "Does he open the door?"),
        ),
        (
            question(clause("you", "see", "we")),
            ("你看见我们吗？", "Siehst du uns?", "Do you see us?"),
        ),
        (
            question(past("you", "buy", "a house")),
            ("你买了一栋房子吗？", "Hast du ein Haus gekauft?", "Did you buy a house?"),
        ),
        (
            question(denied("Anna", "sing", tense="past")),
            ("安娜没唱歌吗？", "Hat Anna nicht gesungen?", "Did Anna not sing?"),
        ),
        (
            question(denied("he", "find", "the key", modal="can")),
            (
                "他不能找到钥匙吗？",
                "Kann er den Schlüssel nicht finden?",
                "Can he not find the key?",
            ),
        ),
        (
            question(clause("she", "dance", modal="want")),
            ("她想跳舞吗？", "Will sie tanzen?", "Does she want to dance?"),
        ),
        (
            question(future("they", "work")),
            (
                "他们明天会工作吗？",
                "Werden sie morgen arbeiten?",
                "Will they work tomorrow?",
            ),
        ),
        (
            question(progressive("the child", "sleep")),
            ("孩子正在睡觉吗？", "Schläft das Kind gerade?", "Is the child sleeping?"),
        ),
        (question(clause("you", "be", "tired")), ("你累吗？", "Bist du müde?", "Are you tired?")),
    ],
    "Chinese plural of persons": [
        (
            clause("these teacher", "see", "these tired child"),
            (
                "老师们看见累的孩子们。",
                "Die Lehrer sehen die müden Kinder.",
                "The teachers see the tired children.",
            ),
        ),
    ],
    "English particles": [
        (
            clause("they", "pick up", "I"),
            ("他们接我。", "Sie holen mich ab.", "They pick me up."),
        ),
        (
            past("she", "pick up", "the child"),
            ("她接了孩子。", "Sie hat das Kind abgeholt.", "She picked up the child."),
        ),
        (
            progressive("he", "look for", "she"),
            ("他正在找她。", "Er sucht sie gerade.", "He is looking for her."),
        ),
        (
            clause("Peter", "get up", time="every day"),
            ("彼得每天起床。", "Peter steht jeden Tag auf.", "Peter gets up every day."),
        ),
    ],
}


def clauses_of(sentence: Sentence) -> Iterator[Clause]:
    """Every clause of a sentence, with the noun that a relative clause describes put back."""
    waiting = [clause for clause in (sentence.clause, sentence.other) if clause is not None]
    while waiting:
        clause = waiting.pop()
        yield clause
        if clause.report is not None:
            waiting.append(clause.report)
        for phrase in (clause.subject, clause.object):
            if phrase is not None and phrase.relative is not None:
                bare = replace(phrase, relative=None)
                relative = phrase.relative
                waiting.append(replace(relative, **{relative.gap: bare}, gap=""))


@pytest.mark.parametrize("construction", EXAMPLES)
def test_every_construction_as_a_native_speaker_writes_it(construction):
    for abstract, expected in EXAMPLES[construction]:
        assert tuple(written(abstract, language) for language in ("zh", "de", "en")) == expected


def test_no_construction_of_the_generator_lacks_an_example():
    """What a random sentence is made of (determiners, tenses, forms of verbs ...) is in one."""

    def features(one):
        yield "question", one.is_question, one.clause.verb is None
        if one.conjunction:
            yield one.conjunction.name, one.other_first
        for part in clauses_of(one):
            yield "tense", part.tense, part.modal and part.modal.name
            yield "negated", part.is_negated, part.tense
            yield "time", bool(part.time), part.time_first
            yield "place", bool(part.place), part.tense == "progressive"
            if part.verb:
                yield "verb", part.verb.form, bool(part.verb.prefix), part.verb.auxiliary
            for phrase in (part.subject, part.object, part.recipient):
                if phrase is not None:
                    yield "phrase", phrase.determiner, bool(phrase.adjective)
                    yield "relative", phrase.relative and phrase.relative.gap
                    yield "number", (phrase.number or 0) > 20 and phrase.number % 10 > 0

    examples = chain.from_iterable(EXAMPLES.values())
    shown = set(chain.from_iterable(features(sentence(one)) for one, _ in examples))
    generated = generate(2000, seed=4, clauses=(1, 2, 3))
    assert {
        feature for feature in chain.from_iterable(map(features, generated)) if feature not in shown
    } == set()


@pytest.mark.parametrize(
    "counted",
    "一本书 一封信 一份报纸 一篇文章 一个故事 一个苹果 一个鸡蛋 一辆汽车 一辆自行车 一台电脑 "
    "一部手机 一台机器 一把钥匙 一把椅子 一个杯子 一扇门 一扇窗户 一栋房子 一个问题 一个句子 "
    "一个神经网络 一匹马 一只猫 一只鸟 一位老师 一位医生 一位工程师 "
    "一个学生 一个孩子 一个朋友".split(),
)
def test_chinese_measure_words(counted):
    (noun,) = (one for one in NOUNS if (one.modifier or [""])[0] + one.chinese == counted[2:])
    say = LANGUAGES["zh"].say_noun_phrase
    assert "".join(texts(say(NounPhrase(0, noun, "a")))) == counted
    assert "".join(texts(say(NounPhrase(0, noun, "this")))) == "这" + counted[1:]
    assert "".join(texts(say(NounPhrase(0, noun, "number", 2)))) == "两" + counted[1:]
    assert "".join(texts(say(NounPhrase(0, noun, "many")))) == "很多" + counted[2:]


def test_principal_parts_of_the_verbs():
    """The English past and the German third person and participle, written down once more."""
    parts = """
    read liest gelesen, wrote schreibt geschrieben, bought kauft gekauft, sold verkauft verkauft,
    saw sieht gesehen, looked sucht gesucht, found findet gefunden, ate isst gegessen,
    drank trinkt getrunken, learned lernt gelernt, understood versteht verstanden,
    explained erklärt erklärt, helped hilft geholfen, thanked dankt gedankt,
    visited besucht besucht, called ruft gerufen, invited lädt geladen, picked holt geholt,
    opened macht gemacht, closed macht gemacht, repaired repariert repariert, used benutzt benutzt,
    trained trainiert trainiert, fed füttert gefüttert, gave gibt gegeben, showed zeigt gezeigt,
    sent schickt geschickt, slept schläft geschlafen, worked arbeitet gearbeitet,
    laughed lacht gelacht, sang singt gesungen, danced tanzt getanzt, got steht gestanden,
    went geht gegangen, came kommt gekommen
    """
    expected = [tuple(entry.split()) for entry in parts.split(",")]
    in_lexicon = [
        (verb.english[2], verb.german[2], verb.participle)
        for verb in VERBS
        if verb.english[2] != "-"
    ]
    assert in_lexicon == expected


# Random sentences -----------------------------------------------------------------------------


def said(sentences):
    return {
        language: [texts(module.say(one)) for one in sentences]
        for language, module in LANGUAGES.items()
    }


@pytest.fixture(scope="module")
def short():
    """The training and test sentences of the default corpus."""
    return {
        "train": generate(20_000, seed=0),
        "test": generate(500, seed=0, split="test"),
    }


@pytest.fixture(scope="module")
def long():
    """Hundreds of sentences of each split, with up to five clauses."""
    return {split: generate(800, seed=5, split=split, clauses=(1, 2, 3, 4, 5)) for split in SPLITS}


@pytest.fixture(scope="module")
def sample(short, long):
    """Thousands of sentences of all kinds."""
    return [*short["train"][:1000], *chain.from_iterable(long.values())]


@pytest.fixture(scope="module")
def words(sample):
    return said(sample)


def test_tokens_and_punctuation(words):
    for language, sentences in words.items():
        comma, ends = ("，", "。？") if language == "zh" else (",", ".?")
        for tokens in sentences:
            assert all(tokens) and not any(re.search(r"\s", token) for token in tokens)
            assert tokens[-1] in ends
            assert not set(tokens[:-1]) & set(ends)
            assert tokens[0] != comma and tokens[-2] != comma
            assert all({one, other} != {comma} for one, other in pairwise(tokens))
    assert all(len(token) == 1 for tokens in words["zh"] for token in tokens)


def test_lengths(words):
    for sentences in words.values():
        assert all(3 <= len(tokens) <= 40 for tokens in sentences)
        assert max(map(len, sentences)) > 30


def test_written_sentences(words):
    for language, sentences in words.items():
        for tokens in sentences:
            text = LANGUAGES[language].write(tokens)
            assert not re.search(r"\s[,.?]|\s\s|\+|-\s|^[a-zäöü]|\s$", text)
            assert (" " in text) == (language != "zh")


def test_a_sentence_has_the_clauses_asked_for():
    for number in range(1, 6):
        for one in generate(100, seed=1, clauses=(number,)):
            assert len(list(clauses_of(one))) == number


def test_english_agreement(sample, words):
    others = {verb.english[0]: verb.english[1] for verb in VERBS} | {"want": "wants"}
    plain = {base for base, third in others.items()} - {verb.english[2] for verb in VERBS}
    checked = 0
    for one, tokens in zip(sample, words["en"], strict=True):
        for token, following in pairwise(tokens):
            if token in ("a", "an"):
                assert (token == "an") == (following[0] in "aeiou")
        if one.is_question:
            continue
        tokens = [token for token in tokens if token not in ("often", "always")]
        for token, following in pairwise(tokens):
            if token in ("he", "she"):
                assert following not in plain | {"do", "are", "am"}
                checked += following in others.values()
            if token in ("I", "they", "we"):
                assert following not in {*others.values(), "does", "is"}
                checked += following in others
    assert checked > 500


def by_person(*forms):
    return dict(zip(("I", "you", "he", "she", "we", "they"), forms, strict=True))


HAVE = by_person("habe", "hast", "hat", "hat", "haben", "haben")
BE = by_person("bin", "bist", "ist", "ist", "sind", "sind")
WILL = by_person("werde", "wirst", "wird", "wird", "werden", "werden")


def verbs_of(part, person):
    """The verb forms that a German clause has to have: the finite one and the others."""
    if part.verb is None:
        return BE[person], []
    verb = part.verb
    infinitive = verb.prefix + verb.german[3]
    if part.modal:
        return part.modal.german[person], [infinitive]
    if part.tense == "future":
        return WILL[person], [infinitive]
    if part.tense == "past":
        moves = verb.name in ("go", "come", "get up")
        return (BE if moves else HAVE)[person], [verb.prefix + verb.participle]
    first, second, third, plural = verb.german
    forms = by_person(first, second, third, third, plural, plural)
    return forms[person], [verb.prefix] if verb.prefix else []


def test_german_verb_position(sample):
    """First, second or last; one finite verb a clause, and participle and infinitive at its end."""
    say = LANGUAGES["de"].say_clause
    auxiliaries = {form for table in (HAVE, BE, WILL) for form in table.values()}
    auxiliaries |= {form for modal in MODALS for form in modal.german.values()}
    auxiliaries -= {"sein"}
    seen = set()
    for one in sample:
        for part in clauses_of(one):
            bare = {
                name: replace(phrase, relative=None)
                for name in ("subject", "object")
                if (phrase := getattr(part, name)) is not None
            }
            part = replace(part, report=None, **bare)
            finite, rest = verbs_of(part, part.subject.person)
            front = part.time.german if part.time_first else None
            if front is None:
                front = texts(LANGUAGES["de"].say_noun_phrase(part.subject, "nominative"))

            tokens = texts(say(part, "second"))
            assert tokens[: len(front)] == tuple(front)
            assert tokens[len(front)] == finite
            assert tokens[-len(rest) :] == tuple(rest) or not rest
            assert sum(token in auxiliaries for token in tokens) == (finite in auxiliaries)

            assert texts(say(part, "first"))[0] == finite

            tokens = texts(say(part, "last"))
            if part.verb and rest == [part.verb.prefix]:
                assert tokens[-1] == part.verb.prefix + finite
            else:
                assert tokens[-len(rest) - 1 :] == (*rest, finite)
            seen.add((part.tense, bool(part.modal), len(rest)))
    assert len(seen) >= 7


def test_german_subordinate_clauses_use_the_last_place(sample, words):
    """The same where whole sentences are said: no "weil er macht die Tür auf"."""
    say = LANGUAGES["de"].say_clause
    checked = 0
    for one, tokens in zip(sample, words["de"], strict=True):
        waiting = [one.clause]
        if one.conjunction and one.conjunction.subordinate:
            position = tokens.index(one.conjunction.german)
            expected = texts(say(one.other, "last"))
            assert tokens[position + 1 :][: len(expected) - 1] == expected[:-1]
            checked += 1
        while waiting:
            part = waiting.pop()
            if part.report is not None:
                expected = ("dass", *texts(say(part.report, "last")))
                assert " ".join(expected).rstrip(" ,") in " ".join(tokens)
                waiting.append(part.report)
                checked += 1
        for position, token in enumerate(tokens):
            if token in ("weil", "obwohl", "wenn", "dass"):
                assert position == 0 or tokens[position - 1] == ","
    assert checked > 1500


# Alignment ------------------------------------------------------------------------------------

ENDINGS = ("", "e", "en", "er", "em", "es")
ARTICLES = "der die das den dem".split()


def with_endings(*stems):
    return [stem + ending for stem in stems for ending in ENDINGS]


def dictionary():
    """What may be linked, as (Chinese, German, English) words of one meaning, from the lexicon."""
    have, be = set(HAVE.values()), set(BE.values())
    am = ["am", "is", "are"]
    yield from [
        (["正", "在"], ["gerade"], am),
        (["会"], set(WILL.values()), ["will"]),
        (["不", "没"], ["nicht", *with_endings("kein")], ["not", "cannot"]),
        (["吗"], [], ["do", "does", "did"]),
        (["很"], be, am),
        (["一"], with_endings("ein"), ["a", "an"]),
        (["这"], with_endings("dies"), ["this"]),
        (["很", "多"], with_endings("viel"), ["many"]),
        (["一", "些"], with_endings("einig"), ["some"]),
        (["所", "有"], with_endings("all"), ["all"]),
        ([], ARTICLES, ["the"]),
        (["们"], ["die", "den"], ["the"]),
        ([], ["dass"], ["that"]),
        (["的"], ARTICLES, ["who", "that"]),
        (["，"], [","], [","]),
        (["。"], ["."], ["."]),
        (["？"], ["?"], ["?"]),
    ]
    for noun in NOUNS:
        german = [noun.german, noun.german_plural, noun.german_plural + "n"]
        yield noun.chinese, german, [noun.english, noun.english_plural]
        if noun.modifier:
            chinese, german, english = noun.modifier
            yield chinese, with_endings(german), [english]
    for name in NAMES:
        yield name.chinese, [name.name], [name.name]
    for one in PRONOUNS:
        german = [one.nominative, one.accusative, one.dative]
        yield one.chinese, german, [one.name, one.english_object]
        if one.german_possessive:
            yield one.chinese, with_endings(one.german_possessive), [one.english_possessive]
    for one in ADJECTIVES:
        yield one.chinese, [one.german, *with_endings(one.german_stem)], [one.name]
    for verb in VERBS:
        forms = [*verb.german, verb.participle]
        german = [verb.prefix, *forms, *(verb.prefix + form for form in forms)]
        chinese = re.sub("[OR^]", "", verb.chinese)
        yield chinese, german, [*verb.english, *verb.particle.split()]
        auxiliary = be if verb.auxiliary == "sein" else have
        yield ["了", "没"], auxiliary, [verb.english[2], "did"]
    for modal in MODALS:
        english = {"can": ["can", "cannot"], "want": ["want", "wants", "to"]}
        yield modal.chinese, modal.german.values(), english.get(modal.name, [modal.name])
    for time in TIMES:
        yield time.chinese, time.german, time.english
    for place in PLACES:
        yield place.chinese, [place.german], [place.english]
        german = {place.german_in, place.german_to}
        german |= {short for word in german for short in (word + "s", word[:-1] + "m")}
        german |= {"zum", "zur"} if place.german_to == "zu" else set()
        yield ["在", *place.inside], german, [place.english_in, "to"]
    for one in CONJUNCTIONS:
        first = one.chinese_first[0] if one.chinese_first else ""
        yield first + (one.chinese_second or ""), [one.german], [one.english]
    digits = "一二三四五六七八九"
    german = "ein zwei drei vier fünf sechs sieben acht neun".split()
    english = "one two three four five six seven eight nine".split()
    tens_german = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
    tens_english = "twenty thirty forty fifty sixty seventy eighty ninety".split()
    for digit, one, other in zip(digits, german, english, strict=True):
        yield [digit], [one, one + "+"], [other]
    yield "两", ["zwei"], ["two"]
    yield "十", ["zehn"], ["ten"]
    yield "十一", ["elf"], ["eleven"]
    yield "十二", ["zwölf"], ["twelve"]
    for digit, one, other in zip(digits[1:], tens_german, tens_english, strict=True):
        yield digit + "十", [one], [other, other + "-"]


MEASURES = {measure for noun in NOUNS for measure in noun.measure}
PLACE_WORDS = "in ins im an am auf zu zum zur".split()
# What one language says and the other need not: no noun, verb, adjective, name or number.
UNLINKED = {
    ("zh", "en"): MEASURES | set("的吗所以但是，"),
    ("en", "zh"): {"the", "that", "to", ",", "am", "is", "are", "do", "does"},
    ("de", "en"): {"und+", ",", *ARTICLES},
    ("en", "de"): {"the", "do", "does"},
    ("zh", "de"): MEASURES | set("的吗所以但是"),
    ("de", "zh"): {"und+", ",", "dass", *ARTICLES, *PLACE_WORDS, *HAVE.values(), *BE.values()},
}


@pytest.mark.parametrize("source, target", [("zh", "en"), ("de", "en"), ("zh", "de")])
def test_every_link_is_in_the_dictionary(sample, source, target):
    order = ("zh", "de", "en")
    allowed = set()
    for entry in dictionary():
        by_language = dict(zip(order, entry, strict=True))
        allowed |= set(product(by_language[source], by_language[target]))
    wrong = set()
    for one in sample:
        pair = translate(one, source, target)
        links = {(pair.source[i], pair.target[j]) for i, j in pair.alignment}
        wrong |= links - allowed
        sources, targets = ({link[side] for link in pair.alignment} for side in (0, 1))
        alone = {word for i, word in enumerate(pair.source) if i not in sources}
        assert alone <= UNLINKED[source, target], pair
        alone = {word for j, word in enumerate(pair.target) if j not in targets}
        assert alone <= UNLINKED[target, source], pair
    assert wrong == set()


def test_alignment_the_other_way_round(sample):
    for one in sample[::10]:
        for source, target in (("zh", "de"), ("zh", "en"), ("de", "en")):
            there, back = translate(one, source, target), translate(one, target, source)
            assert (there.source, there.target) == (back.target, back.source)
            assert there.alignment == {(i, j) for j, i in back.alignment}


ALIGNED = [
    (
        "einundzwanzig",
        clause("21 student", "sleep"),
        ("de", "ein+ und+ zwanzig Studenten schlafen ."),
        ("en", "twenty- one students sleep ."),
        {(0, 1), (2, 0), (3, 2), (4, 3), (5, 4)},
    ),
    (
        "the verb at the end",
        past("Anna", "buy", "a book", time="yesterday", time_first=True),
        ("de", "gestern hat Anna ein Buch gekauft ."),
        ("en", "yesterday Anna bought a book ."),
        {(0, 0), (1, 2), (2, 1), (3, 3), (4, 4), (5, 2), (6, 5)},
    ),
    (
        "the prefix at the end",
        clause("he", "open", "the door"),
        ("de", "er macht die Tür auf ."),
        ("en", "he opens the door ."),
        {(0, 0), (1, 1), (2, 2), (3, 3), (4, 1), (5, 4)},
    ),
    (
        "the relative clause before its noun",
        clause(
            np("the book", whom("the teacher", "buy", tense="past", time="yesterday")),
            "be",
            "expensive",
        ),
        ("zh", "老 师 昨 天 买 的 书 很 贵 。"),
        ("en", "the book that the teacher bought yesterday is expensive ."),
        {(0, 4), (1, 4), (2, 6), (3, 6), (4, 5), (5, 2), (6, 1), (7, 7), (8, 8), (9, 9)},
    ),
    (
        "a past that is denied",
        denied("I", "buy", "a book", tense="past"),
        ("zh", "我 没 买 一 本 书 。"),
        ("en", "I did not buy a book ."),
        {(0, 0), (1, 1), (1, 2), (2, 3), (3, 4), (5, 5), (6, 6)},
    ),
    (
        "a past that is stated",
        past("I", "call", "Paul"),
        ("zh", "我 给 保 罗 打 了 电 话 。"),
        ("en", "I called Paul ."),
        {(0, 0), (1, 1), (2, 2), (3, 2), (4, 1), (5, 1), (6, 1), (7, 1), (8, 3)},
    ),
    (
        "the place before the verb",
        progressive("he", "sing", place="garden"),
        ("zh", "他 正 在 花 园 里 唱 歌 。"),
        ("en", "he is singing in the garden ."),
        {(0, 0), (1, 1), (2, 1), (2, 3), (3, 5), (4, 5), (5, 3), (6, 2), (7, 2), (8, 6)},
    ),
    (
        "a question",
        question(clause("he", "dance", modal="want")),
        ("zh", "他 想 跳 舞 吗 ？"),
        ("en", "does he want to dance ?"),
        {(0, 1), (1, 2), (1, 3), (2, 4), (3, 4), (4, 0), (5, 5)},
    ),
    (
        "machine learning",
        clause("he", "learn", "machine learning"),
        ("zh", "他 学 机 器 学 习 。"),
        ("de", "er lernt maschinelles Lernen ."),
        {(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4)},
    ),
]


@pytest.mark.parametrize(
    "one, source, target, links", [case[1:] for case in ALIGNED], ids=[case[0] for case in ALIGNED]
)
def test_alignment_of_one_sentence(one, source, target, links):
    pair = translate(sentence(one), source[0], target[0])
    assert " ".join(pair.source) == source[1]
    assert " ".join(pair.target) == target[1]
    assert pair.alignment == links


def test_machine_learning_and_its_four_characters(short):
    found = defaultdict(int)
    for split, sentences in short.items():
        for one in sentences:
            chinese = LANGUAGES["zh"].say(one)
            start = "".join(texts(chinese)).find("机器学习")
            if start < 0:
                continue
            found[split] += 1
            for language, expected in (
                ("en", ["machine", "learning"]),
                ("de", ["maschinelles", "Lernen"]),
            ):
                other = LANGUAGES[language].say(one)
                links = [
                    {other[j].text for i, j in align(chinese, other) if i == start + offset}
                    for offset in range(4)
                ]
                assert links == [{expected[0]}] * 2 + [{expected[1]}] * 2
    assert found["train"] > 100 and found["test"] > 0


# Splits and sizes -----------------------------------------------------------------------------


def test_clauses_of_a_sentence():
    one = led(
        "because",
        clause("Anna", "say that", report=past("Peter", "go", goal="park")),
        clause(
            np("the child", who("eat", "a cake")),
            "look for",
            np("the dog", whom("I", "feed")),
        ),
    )
    assert sorted(map(combination, clauses_of(one))) == [
        ("Anna", "saysay", ""),
        ("I", "feedplain", "dog"),
        ("Peter", "gogo", "park"),
        ("child", "eatplain", "cake"),
        ("child", "look forplain", "dog"),
    ]
    assert combination(clause("she", "be", "tired")) == ("she", "be", "tired")
    given = clause("I", "give", "a book", recipient="she")
    assert combination(given) == ("I", "givegive", "book")


def test_splits_share_no_combination(short, long):
    combinations = defaultdict(set)
    for split, sentences in chain(short.items(), long.items()):
        for part in chain.from_iterable(map(clauses_of, sentences)):
            assert split_of(part) == split
            combinations[split].add(combination(part))
    train, validation, test = (combinations[split] for split in SPLITS)
    assert not train & validation and not train & test and not validation & test
    assert min(map(len, combinations.values())) > 100


def test_splits_share_no_sentence(long):
    by_split = [said(long[split]) for split in SPLITS]
    for language in LANGUAGES:
        train, validation, test = (set(one[language]) for one in by_split)
        assert not train & validation and not train & test and not validation & test


def test_sentences_of_a_split_differ(short, long):
    for sentences in (short["train"], *long.values()):
        assert len({written(one, "zh") for one in sentences}) == len(sentences)


def test_every_word_of_the_test_occurs_in_training(short):
    train, test = said(short["train"]), said(short["test"])
    for language in LANGUAGES:
        assert set(chain(*test[language])) <= set(chain(*train[language]))


def test_what_only_ich_and_du_say_is_kept_for_training():
    """ "schlafe" in the test alone would be a word that no training sentence holds."""
    for subject, verb in product(("I", "you"), VERBS):
        if not verb.objects and verb.form != "go":
            assert split_of(Clause(0, np(subject), verb)) == "train"


def test_equal_seeds_give_equal_sentences():
    def chinese(seed, split="train"):
        return [written(one, "zh") for one in generate(50, seed=seed, split=split, clauses=(1, 2))]

    assert chinese(3) == chinese(3)
    assert chinese(3)[:40] == [written(one, "zh") for one in generate(40, seed=3, clauses=(1, 2))]
    assert len(set(chinese(3)) & set(chinese(4))) < 5
    assert not set(chinese(3)) & set(chinese(3, "test"))


def test_there_are_ten_million_sentences():
    """Any two of the statements below can be joined, and no two of the results are equal.

    A statement holds no comma, so a joined sentence shows which two it was made of.
    """
    statements = [
        one for one in generate(5000, seed=2) if not one.is_question and not one.clause.time_first
    ]
    for language, comma in (("zh", "，"), ("de", ","), ("en", ",")):
        spoken_ones = {texts(LANGUAGES[language].say(one))[:-1] for one in statements}
        assert not any(comma in tokens for tokens in spoken_ones)
        assert len(spoken_ones) * (len(spoken_ones) - 1) > 10**7

    between = {"zh": ("，", "但", "是"), "de": (",", "aber"), "en": (",", "but")}
    draw = random.Random(0)
    for _ in range(300):
        first, second = draw.sample(statements, 2)
        both = joined(first.clause, "but", second.clause)
        for language, module in LANGUAGES.items():
            one, other = (texts(module.say(statement))[:-1] for statement in (first, second))
            end = "。" if language == "zh" else "."
            assert texts(module.say(both)) == (*one, *between[language], *other, end)
    # The generator itself says such sentences.
    names = {
        (one.conjunction.name, len(list(clauses_of(one))))
        for one in generate(200, seed=0, clauses=(2,))
        if one.conjunction
    }
    assert ("but", 2) in names


def test_equal_sentences_have_equal_translations():
    """Drawn without weeding out repetitions, so that many a text occurs more than once."""
    seen = {("zh", "en"): {}, ("de", "en"): {}, ("zh", "de"): {}}
    drawn = 0
    for split, clauses, size in (("train", 1, 9000), ("test", 1, 9000), ("train", 2, 2000)):
        speaker = Speaker(random.Random(7), split)
        for _ in range(size):
            one = speaker.sentence(clauses)
            drawn += 1
            tokens = {language: texts(module.say(one)) for language, module in LANGUAGES.items()}
            for (source, target), known in seen.items():
                assert known.setdefault(tokens[source], tokens[target]) == tokens[target]
    assert drawn >= 20_000
    assert drawn - len(seen["zh", "en"]) > 1000
    assert drawn - len(seen["de", "en"]) > 1000


def test_a_relative_clause_shows_who_does_what(long):
    """ "die Frau, die das Kind sucht" must not mean both."""
    say = LANGUAGES["de"].say_noun_phrase
    checked = 0
    for one in chain.from_iterable(long.values()):
        for part in (one.clause, one.other):
            phrases = (part.subject, part.object) if part else ()
            for phrase in phrases:
                if phrase is None or phrase.relative is None or phrase.relative.gap == "subject":
                    continue
                relative = phrase.relative
                if isinstance(relative.subject.head, Pronoun) and not relative.subject.head.dative:
                    continue  # "they" is never an object
                turned = replace(relative, gap="subject", subject=None, object=relative.subject)
                if not phrase.head.kinds & relative.verb.subjects:
                    continue  # no book reads anybody
                turned = texts(say(replace(phrase, relative=turned), "nominative"))
                assert texts(say(phrase, "nominative")) != turned
                checked += 1
    assert checked > 30


def lemmas():
    """The words of each language as a dictionary lists them, without punctuation."""
    modifiers = [noun.modifier for noun in NOUNS if noun.modifier]
    chinese = {
        *(noun.chinese for noun in NOUNS),
        *(noun.measure for noun in NOUNS if noun.measure),
        *(modifier[0] for modifier in modifiers),
        *(one.chinese for one in chain(NAMES, PRONOUNS, ADJECTIVES, MODALS, TIMES, PLACES)),
        *(re.sub("[OR^]", "", verb.chinese) for verb in VERBS),
        *"因为 所以 虽然 但是 尽管 如果 而 里 上".split(),
        *"一 二 三 四 五 六 七 八 九 十 两 这 很多 一些 所有".split(),
        *"了 的 不 没 正在 会 很 在 吗 们".split(),
    }
    german = {
        *(noun.german for noun in NOUNS),
        *(modifier[1] for modifier in modifiers),
        *(one.name for one in NAMES),
        *(one.nominative for one in PRONOUNS),
        *(one.german_possessive for one in PRONOUNS if one.german_possessive),
        *(one.german for one in chain(ADJECTIVES, PLACES, CONJUNCTIONS)),
        *(verb.prefix + verb.german[3] for verb in VERBS),
        *"können müssen wollen dürfen haben sein werden".split(),
        *"gestern letzter Woche heute morgen nächster jeder Tag Abend jetzt oft immer".split(),
        *"in an auf zu dass der ein kein dieser viele einige alle nicht gerade".split(),
        *"zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig".split(),
        *"vierzig fünfzig sechzig siebzig achtzig neunzig und".split(),
    }
    english = {
        *(noun.english for noun in NOUNS),
        *(modifier[2] for modifier in modifiers),
        *(one.name for one in chain(NAMES, PRONOUNS, ADJECTIVES, MODALS, CONJUNCTIONS)),
        *(one.english_possessive for one in PRONOUNS if one.english_possessive),
        *(place.english for place in PLACES),
        *(verb.english[0] for verb in VERBS),
        *"for up be do will not that who to at in".split(),
        *"yesterday last week today tomorrow next every day evening now often always".split(),
        *"the a this many some all".split(),
        *"one two three four five six seven eight nine ten eleven twelve twenty thirty".split(),
        *"forty fifty sixty seventy eighty ninety".split(),
    }
    return {"zh": chinese, "de": german, "en": english}


def test_each_language_has_150_to_300_words(words):
    for language, one in lemmas().items():
        assert 150 <= len(one) <= 300
        # Not a list of words that are never said: as many forms occur, and each is short of none.
        assert len(set(chain(*words[language]))) > 200
    characters = set(chain(*words["zh"])) - set("，。？")
    assert characters == set("".join(lemmas()["zh"]))


def test_a_relative_clause_has_a_verb_of_its_own(sample):
    """Nobody "looks for the dog that she looks for"."""
    for one in sample:
        waiting = [part for part in (one.clause, one.other) if part is not None]
        while waiting:
            part = waiting.pop()
            if part.report is not None:
                waiting.append(part.report)
            for phrase in (part.subject, part.object):
                if phrase is not None and phrase.relative is not None:
                    assert phrase.relative.verb is not part.verb


def test_people_do_what_makes_sense(sample):
    """Nobody sees himself, no animal reads, nothing is drunk but drinks."""
    for part in chain.from_iterable(map(clauses_of, sample)):
        subject = part.subject.head
        if part.verb is None:
            continue
        if isinstance(subject, Noun):
            assert subject.kinds & part.verb.subjects
        for phrase in (part.object, part.recipient):
            assert phrase is None or phrase.head != subject
        if part.object is not None:
            if (
                part.verb.name == "drink"
                and isinstance(subject, Noun)
                and "animal" in subject.kinds
            ):
                assert part.object.head.name in ("water", "milk")
            if isinstance(part.object.head, Noun):
                assert part.object.head.kinds & part.verb.objects
            else:
                assert "person" in part.verb.objects
            both = {subject.name, part.object.head.name}
            assert both not in ({"I", "we"}, {"he", "they"}, {"she", "they"})
        assert part.tense in part.verb.tenses
        if part.verb.name in ("see", "find") and part.tense == "present":  # 能找到, not 不找到
            assert part.modal is not None and part.modal.name == "can"
        if part.report is not None:
            assert part.report.verb is not part.verb
            assert part.report.subject.head != subject
            assert (part.verb.name, part.report.tense) != ("hope", "past")
        if part.time is not None:
            assert part.tense in part.time.tenses
        if part.tense == "future" and not part.gap:
            assert part.time is not None


# Errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"split": "dev"}, "expected a split of train, validation, test, got 'dev'"),
        ({"clauses": ()}, r"expected numbers of clauses between 1 and 5, got \(\)"),
        ({"clauses": (1, 6)}, r"expected numbers of clauses between 1 and 5, got \(1, 6\)"),
        ({"clauses": (0,)}, r"expected numbers of clauses between 1 and 5, got \(0,\)"),
        ({"size": 10**7}, "expected between 0 and 100,000 sentences, got 10,000,000"),
        ({"size": -1}, "expected between 0 and 100,000 sentences, got -1"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        generate(**{"size": 5, "seed": 0, **arguments})


def test_no_sentences_at_all():
    assert generate(0, seed=0) == []
