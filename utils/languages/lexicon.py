"""The words of the book's grammar in Chinese, German and English.

Each entry is one concept with its three words and the facts a grammar needs: what kind of thing a
noun names, what a verb may do to whom, which measure word counts it in Chinese, which gender,
case and auxiliary it takes in German. The classes keep the sentences sensible: people read texts,
nobody reads a horse.
"""

from __future__ import annotations

from dataclasses import dataclass

PERSONS = ("I", "you", "he", "she", "we", "they")


@dataclass(frozen=True)
class Noun:
    """A noun. A mass noun has neither article nor plural: "tea", "Deutsch"."""

    name: str
    chinese: str
    measure: str  # the word that stands between a number and the noun: 一本书
    gender: str  # "m", "f" or "n"
    german: str
    german_plural: str
    english: str
    english_plural: str
    kinds: frozenset[str]
    weak: bool = False  # "der Student", but "den Studenten"
    # What belongs to the name itself: machine in "machine learning", neuronal in "neuronales Netz".
    modifier: tuple[str, str, str] | None = None

    @property
    def is_mass(self) -> bool:
        """Whether it has no plural."""
        return not self.english_plural


@dataclass(frozen=True)
class Name:
    """What a person is called; German and English write it alike."""

    name: str
    chinese: str


@dataclass(frozen=True)
class Pronoun:
    """A personal pronoun, and the possessive that belongs to it (None where it is not used)."""

    name: str
    chinese: str
    nominative: str
    accusative: str
    dative: str
    german_possessive: str | None  # without ending
    english_object: str
    english_possessive: str | None


@dataclass(frozen=True)
class Adjective:
    """A quality, and in `kinds` the kinds of nouns that can have it."""

    name: str
    chinese: str
    takes_de: bool  # 漂亮的花园, but 新房子
    german: str  # as a predicate: "das Auto ist teuer"
    german_stem: str  # before an ending: "das teure Auto"
    kinds: frozenset[str]
    predicative: bool = True


@dataclass(frozen=True)
class Verb:
    """A verb. `chinese` is a template: O and R are object and recipient, ^ is where 了 stands."""

    name: str
    chinese: str
    german: tuple[str, str, str, str]  # ich, du, er and the infinitive, without the prefix
    participle: str  # without the prefix
    auxiliary: str  # "haben" or "sein"
    prefix: str  # separable: "macht ... auf", "aufgemacht"
    case: str  # of the object: "accusative" or "dative"
    english: tuple[str, str, str, str]  # buy, buys, bought, buying
    particle: str  # "looks for"
    subjects: frozenset[str]
    objects: frozenset[str]  # empty: the verb takes no object
    form: str  # "plain", "give" (with a recipient), "go" (somewhere) or "say" (that ...)
    tenses: frozenset[str]


@dataclass(frozen=True)
class Modal:
    """A verb that needs another: "can", "must". `negatable` says whether it is used with "not"."""

    name: str
    chinese: str
    german: dict[str, str]  # by person, in the order of PERSONS
    english: str
    negatable: bool


@dataclass(frozen=True)
class Time:
    """An adverb of time. `often` words stand before the English verb and are never put first."""

    name: str
    chinese: str
    german: tuple[str, ...]
    english: tuple[str, ...]
    tenses: frozenset[str]
    is_frequency: bool = False


@dataclass(frozen=True)
class Place:
    """Somewhere to be or to go."""

    name: str
    chinese: str
    inside: str  # what follows the noun: 在花园里, but 在学校
    gender: str
    german: str
    english: str
    german_in: str = "in"  # the preposition of being there; "an" and "auf" as well
    german_to: str = "in"  # of going there: "in", "auf" (with accusative) or "zu" (with dative)
    english_in: str = "in"


@dataclass(frozen=True)
class Conjunction:
    """Joins two clauses. Chinese may mark both: 因为 ... , 所以 ..."""

    name: str
    german: str
    english: str
    chinese_first: tuple[str, str] | None  # before the two clauses if this one is said first
    chinese_second: str | None  # before this clause if it is said second
    subordinate: bool = True


def by_person(forms: str) -> dict[str, str]:
    """The six forms of a verb, in the order of `PERSONS`, as a dictionary."""
    return dict(zip(PERSONS, forms.split(), strict=True))


def _kinds(text: str) -> frozenset[str]:
    return frozenset(text.split())


# ------------------------------------------------------------------------------
# Nouns: Chinese and measure word | gender, German, plural | English, plural | kinds

_NOUNS = """
老师 位   | m Lehrer Lehrer                 | teacher teachers     | person adult
医生 位   | f Ärztin Ärztinnen              | doctor doctors       | person adult
学生 个   | m Student Studenten *           | student students     | person adult
孩子 个   | n Kind Kinder                   | child children       | person
女人 个   | f Frau Frauen                   | woman women          | person adult unowned
男人 个   | m Mann Männer                   | man men              | person adult unowned
工程师 位 | f Ingenieurin Ingenieurinnen    | engineer engineers   | person adult unowned
朋友 个   | m Freund Freunde                | friend friends       | person adult
女孩 个   | n Mädchen Mädchen               | girl girls           | person unowned
邻居 个   | m Nachbar Nachbarn *            | neighbour neighbours | person adult
狗 只     | m Hund Hunde                    | dog dogs             | animal trainable
猫 只     | f Katze Katzen                  | cat cats             | animal
马 匹     | n Pferd Pferde                  | horse horses         | animal trainable
鸟 只     | m Vogel Vögel                   | bird birds           | animal
书 本     | n Buch Bücher                   | book books           | text writable goods
信 封     | m Brief Briefe                  | letter letters       | text writable gift
报纸 份   | f Zeitung Zeitungen             | newspaper newspapers | text goods
文章 篇   | m Artikel Artikel               | article articles     | text writable
故事 个   | f Geschichte Geschichten        | story stories        | text writable
苹果 个   | m Apfel Äpfel                   | apple apples         | food goods fruit
蛋糕 个   | m Kuchen Kuchen                 | cake cakes           | food goods
鸡蛋 个   | n Ei Eier                       | egg eggs             | food goods
茶 -      | m Tee -                         | tea -                | drink
咖啡 -    | m Kaffee -                      | coffee -             | drink
水 -      | n Wasser -                      | water -              | drink natural
牛奶 -    | f Milch -                       | milk -               | drink natural
汽车 辆   | n Auto Autos                    | car cars             | vehicle machinery
自行车 辆 | n Fahrrad Fahrräder             | bicycle bicycles     | vehicle machinery goods
电脑 台   | m Computer Computer             | computer computers   | device machinery goods
手机 部   | n Handy Handys                  | phone phones         | device machinery goods
机器 台   | f Maschine Maschinen            | machine machines     | device machinery
钥匙 把   | m Schlüssel Schlüssel           | key keys             | thing gift
椅子 把   | m Stuhl Stühle                  | chair chairs         | thing goods
杯子 个   | f Tasse Tassen                  | cup cups             | thing goods
门 扇     | f Tür Türen                     | door doors           | opening
窗户 扇   | n Fenster Fenster               | window windows       | opening
房子 栋   | n Haus Häuser                   | house houses         | building
问题 个   | f Frage Fragen                  | question questions   | puzzle
句子 个   | m Satz Sätze                    | sentence sentences   | puzzle writable
模型 个   | n Modell Modelle                | model models         | network
网络 个   | n Netz Netze                    | network networks     | network | 神经 neuronal neural
德语 -    | n Deutsch -                     | German -             | subject
英语 -    | n Englisch -                    | English -            | subject
中文 -    | n Chinesisch -                  | Chinese -            | subject
数学 -    | f Mathematik -                  | mathematics -        | subject science
学习 -    | n Lernen -                      | learning -           | subject science | 机器 maschinell machine
"""

NAMES = (
    Name("Anna", "安娜"),
    Name("Peter", "彼得"),
    Name("Maria", "玛丽亚"),
    Name("Paul", "保罗"),
    Name("Lisa", "丽莎"),
    Name("Thomas", "托马斯"),
)

# No "them" and no "their": German would not tell them from "her".
PRONOUNS = (
    Pronoun("I", "我", "ich", "mich", "mir", "mein", "me", "my"),
    Pronoun("you", "你", "du", "dich", "dir", "dein", "you", "your"),
    Pronoun("he", "他", "er", "ihn", "ihm", "sein", "him", "his"),
    Pronoun("she", "她", "sie", "sie", "ihr", "ihr", "her", "her"),
    Pronoun("we", "我们", "wir", "uns", "uns", "unser", "us", "our"),
    Pronoun("they", "他们", "sie", "", "", None, "", None),
)

# ------------------------------------------------------------------------------
# Adjectives: Chinese, with 的 if it needs that before a noun | German, stem if it differs | English |
# what they may describe

_ADJECTIVES = """
新   | neu           | new         | text vehicle device thing building network
旧   | alt           | old         | text vehicle device thing building
大   | groß          | big         | animal food vehicle device thing opening building network
小   | klein         | small       | animal food vehicle device thing opening building network
红   | rot           | red         | vehicle thing opening fruit | attributive
黑   | schwarz       | black       | animal vehicle device thing opening | attributive
漂亮的 | schön         | beautiful   | animal vehicle thing building
贵的 | teuer teur    | expensive   | goods vehicle device building
便宜的 | billig        | cheap       | goods vehicle device
难的 | schwierig     | difficult   | writable puzzle subject
简单的 | einfach       | simple      | writable puzzle network
重要的 | wichtig       | important   | text puzzle subject
有趣的 | interessant   | interesting | text puzzle subject
年轻的 | jung          | young       | adult
友好的 | freundlich    | friendly    | person animal
累的 | müde          | tired       | person animal
饿的 | hungrig       | hungry      | person animal
"""

# ------------------------------------------------------------------------------
# Verbs: Chinese | ich, du, er, infinitive, participle; + prefix; sein; dative | English | who | whom

_VERBS = """
读^O         | lese liest liest lesen gelesen                       | read reads read reading              | person | text
写^O         | schreibe schreibst schreibt schreiben geschrieben    | write writes wrote writing           | person | writable
买^O         | kaufe kaufst kauft kaufen gekauft                    | buy buys bought buying               | person | goods vehicle drink
卖^O         | verkaufe verkaufst verkauft verkaufen verkauft       | sell sells sold selling              | person | goods vehicle animal building
看见^O       | sehe siehst sieht sehen gesehen                      | see sees saw -                       | person animal | person animal vehicle building
找^O         | suche suchst sucht suchen gesucht                    | look looks looked looking + for      | person        | person animal thing device
找到^O       | finde findest findet finden gefunden                 | find finds found -                   | person        | thing animal device food text
吃^O         | esse isst isst essen gegessen                        | eat eats ate eating                  | person animal | food
喝^O         | trinke trinkst trinkt trinken getrunken              | drink drinks drank drinking          | person animal | drink
学^O         | lerne lernst lernt lernen gelernt                    | learn learns learned learning        | person | subject
理解^O       | verstehe verstehst versteht verstehen verstanden     | understand understands understood -  | person | puzzle science writable network
解释^O       | erkläre erklärst erklärt erklären erklärt            | explain explains explained explaining | person | puzzle writable network
帮助^O       | helfe hilfst hilft helfen geholfen dative            | help helps helped helping            | person | person
感谢^O       | danke dankst dankt danken gedankt dative             | thank thanks thanked -               | person | person
拜访^O       | besuche besuchst besucht besuchen besucht            | visit visits visited visiting        | person | person
给O打^电话   | rufe rufst ruft rufen gerufen + an                   | call calls called calling            | person | person
邀请^O       | lade lädst lädt laden geladen + ein                  | invite invites invited -             | person | person
接^O         | hole holst holt holen geholt + ab                    | pick picks picked picking + up       | person | person
打开^O       | mache machst macht machen gemacht + auf              | open opens opened opening            | person | opening
关上^O       | mache machst macht machen gemacht + zu               | close closes closed closing          | person | opening
修理^O       | repariere reparierst repariert reparieren repariert  | repair repairs repaired repairing    | person | machinery
使用^O       | benutze benutzt benutzt benutzen benutzt             | use uses used using                  | person | device network
训练^O       | trainiere trainierst trainiert trainieren trainiert  | train trains trained training        | person | network trainable
喂^O         | füttere fütterst füttert füttern gefüttert           | feed feeds fed feeding               | person | animal
喜欢O        | mag magst mag mögen gemocht                          | like likes - -                       | person | person animal food drink subject text building
认识O        | kenne kennst kennt kennen gekannt                    | know knows - -                       | person | person
给^RO        | gebe gibst gibt geben gegeben                        | give gives gave giving               | person | goods gift | give
给R看^O      | zeige zeigst zeigt zeigen gezeigt                    | show shows showed showing            | person | text goods animal | give
给R寄^O      | schicke schickst schickt schicken geschickt          | send sends sent sending              | person | text device | give
睡^觉        | schlafe schläfst schläft schlafen geschlafen         | sleep sleeps slept sleeping          | person animal
工作^        | arbeite arbeitest arbeitet arbeiten gearbeitet       | work works worked working            | person
笑^          | lache lachst lacht lachen gelacht                    | laugh laughs laughed laughing        | person
唱^歌        | singe singst singt singen gesungen                   | sing sings sang singing              | person
跳^舞        | tanze tanzt tanzt tanzen getanzt                     | dance dances danced dancing          | person
起^床        | stehe stehst steht stehen gestanden + auf sein       | get gets got getting + up            | person
去^O         | gehe gehst geht gehen gegangen sein                  | go goes went going                   | person | - | go
来^O         | komme kommst kommt kommen gekommen sein              | come comes came -                    | person | - | go
说           | sage sagst sagt sagen gesagt                         | say says - -                         | person | - | say
知道         | weiß weißt weiß wissen gewusst                       | know knows - -                       | person | - | say
相信         | glaube glaubst glaubt glauben geglaubt               | believe believes - -                 | person | - | say
希望         | hoffe hoffst hofft hoffen gehofft                    | hope hopes - -                       | person | - | say
"""

MODALS = (
    Modal("can", "能", by_person("kann kannst kann kann können können"), "can", True),
    Modal("must", "必须", by_person("muss musst muss muss müssen müssen"), "must", False),
    Modal("want", "想", by_person("will willst will will wollen wollen"), "want", True),
    Modal("may", "可以", by_person("darf darfst darf darf dürfen dürfen"), "may", False),
)

# ------------------------------------------------------------------------------
# Times: Chinese | German | English | tenses

_TIMES = """
昨天     | gestern        | yesterday      | past
上个星期 | letzte Woche   | last week      | past
今天     | heute          | today          | past present future
明天     | morgen         | tomorrow       | future
下个星期 | nächste Woche  | next week      | future
每天     | jeden Tag      | every day      | present
晚上     | am Abend       | in the evening | present past future
现在     | jetzt          | now            | progressive
经常     | oft            | often          | present | frequency
总是     | immer          | always         | present | frequency
"""

PLACES = (
    Place("school", "学校", "", "f", "Schule", "school", english_in="at"),
    Place("garden", "花园", "里", "m", "Garten", "garden"),
    Place("park", "公园", "里", "m", "Park", "park"),
    Place("city", "城里", "", "f", "Stadt", "city"),
    Place("library", "图书馆", "里", "f", "Bibliothek", "library"),
    Place("station", "火车站", "", "m", "Bahnhof", "station", "an", "zu", "at"),
    Place("kitchen", "厨房", "里", "f", "Küche", "kitchen"),
    Place("office", "办公室", "里", "n", "Büro", "office"),
    Place("hospital", "医院", "里", "n", "Krankenhaus", "hospital"),
    Place("university", "大学", "里", "f", "Universität", "university", "an", "zu", "at"),
    Place("market", "市场", "上", "m", "Markt", "market", "auf", "auf", "at"),
)

CONJUNCTIONS = (
    Conjunction("because", "weil", "because", ("因为", "所以"), "因为"),
    Conjunction("although", "obwohl", "although", ("虽然", "但是"), "尽管"),
    Conjunction("if", "wenn", "if", ("如果", ""), None),
    Conjunction("but", "aber", "but", None, "但是", subordinate=False),
    Conjunction("and", "und", "and", None, "而", subordinate=False),
)

ALL_TENSES = frozenset({"present", "past", "progressive", "future"})


# ------------------------------------------------------------------------------
# Reading the tables


def _rows(table: str) -> list[list[str]]:
    return [[part.strip() for part in line.split("|")] for line in table.strip().splitlines()]


def _noun(row: list[str]) -> Noun:
    chinese, measure = row[0].split()
    gender, german, german_plural, *weak = row[1].split()
    english, english_plural = row[2].split()
    modifier = None
    if len(row) > 4:
        chinese_modifier, german_modifier, english_modifier = row[4].split()
        modifier = chinese_modifier, german_modifier, english_modifier
    return Noun(
        name=f"{modifier[2]} {english}" if modifier else english,
        chinese=chinese,
        measure=measure.strip("-"),
        gender=gender,
        german=german,
        german_plural=german_plural.strip("-"),
        english=english,
        english_plural=english_plural.strip("-"),
        kinds=_kinds(row[3]),
        weak=bool(weak),
        modifier=modifier,
    )


def _adjective(row: list[str]) -> Adjective:
    predicate, *stem = row[1].split()
    return Adjective(
        name=row[2],
        chinese=row[0].removesuffix("的"),
        takes_de=row[0].endswith("的"),
        german=predicate,
        german_stem=stem[0] if stem else predicate.removesuffix("e"),
        kinds=_kinds(row[3]),
        predicative=len(row) == 4,
    )


def _verb(row: list[str]) -> Verb:
    german, _, german_rest = row[1].partition(" + ")
    words = [word for word in german.split() if word not in ("sein", "dative")]
    first_person, second_person, third_person, infinitive, participle = words
    prefix = next((word for word in german_rest.split() if word != "sein"), "")
    english, _, particle = row[2].partition(" + ")
    base, third, past, participle_ing = english.split()
    tenses = set(ALL_TENSES)
    if past == "-":  # a state: 喜欢了 would not mean "liked"
        tenses = {"present"}
    elif participle_ing == "-":
        tenses -= {"progressive"}
    return Verb(
        name=" ".join(filter(None, (base, particle.strip()))),
        chinese=row[0],
        german=(first_person, second_person, third_person, infinitive),
        participle=participle,
        auxiliary="sein" if "sein" in row[1].split() else "haben",
        prefix=prefix,
        case="dative" if "dative" in german.split() else "accusative",
        english=(base, third, past, participle_ing),
        particle=particle.strip(),
        subjects=_kinds(row[3]),
        objects=_kinds(row[4].strip("-")) if len(row) > 4 else frozenset(),
        form=row[5] if len(row) > 5 else "plain",
        tenses=frozenset(tenses),
    )


def _time(row: list[str]) -> Time:
    german, english = tuple(row[1].split()), tuple(row[2].split())
    return Time(row[2], row[0], german, english, _kinds(row[3]), is_frequency=len(row) > 4)


NOUNS = tuple(map(_noun, _rows(_NOUNS)))
ADJECTIVES = tuple(map(_adjective, _rows(_ADJECTIVES)))
VERBS = tuple(map(_verb, _rows(_VERBS)))
TIMES = tuple(map(_time, _rows(_TIMES)))
