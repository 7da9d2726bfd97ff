"""Documents and queries for engine tests, and the expected hits by brute force over the documents."""

import string
from datetime import date, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from indexer.documents.document import Document
from indexer.engines.base import Checkpoint
from indexer.query.model import FacetTerm, Filters, Query, Sort
from indexer.query.parser import parse
from indexer.text.stems import stem
from indexer.text.tokens import is_han_run, runs


def doc(identity, body="", title="", **more):
    """A document whose seq and rev are the digits of its id."""
    number = int("".join(each for each in identity if each.isdigit()) or ord(identity[0]) - 96)
    more = {"source": "mofcom_en", "language": "en", "seq": number, "rev": number} | more
    return Document(id=identity, title=title, body=body, **more)


def day(identity, first, last=None, **more):
    """A dated document; `last` makes it a span."""
    return doc(identity, "trade", first_day=first, last_day=last or first, month_known=last is None, **more)


MANY = 10_000
ONE_ENGINE = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])

WORDS = ["minister", "Ministers", "of", "trade", "trading", "policies", "policy", "U.S.", "COVID-19", "China’s",
         "dying", "53", "2025", "1,234.5", "第", "公告", "商务部", "發佈", "关于", "號", "，", "。", " ", " ", "\n",
         "“", "é", "e\u0301", "ﬁ", "İ", "ß", "𠀀", "々", "カナ", "한국", "\u200b", "_", "ＷＴＯ", "①", "x" * 40]


def mixed_text():
    """Strategy: text of both scripts with many repeated words."""
    piece = st.one_of(st.sampled_from(WORDS), st.text(string.ascii_lowercase + "号告公第 ", max_size=3),
                      st.characters(exclude_categories=["Cs"]))
    return st.lists(piece, max_size=14).map("".join)


def draw_part(data, text):
    """A substring of the text, drawn by hypothesis."""
    start = data.draw(st.integers(0, max(0, len(text) - 1)))
    return text[start:data.draw(st.integers(start, len(text)))]


def contains_phrase(document, part):
    """True if the document contains the phrase as whole words, by brute force over its runs."""
    wanted = runs(part)
    words = {run for text in (document.title, document.body) for run in runs(text) if not is_han_run(run)}
    return all(run in words for run in wanted if not is_han_run(run)) and any(
        matches_at(runs(text), at, wanted) for text in (document.title, document.body) for at in range(len(runs(text))))


def matches_at(found, at, wanted):
    """True if the wanted runs follow each other from this index on; Han runs at the edges may be cut."""
    if at + len(wanted) > len(found):
        return False
    last = len(wanted) - 1
    return all(same_run(found[at + n], run, (n == 0, n == last)) for n, run in enumerate(wanted))


def same_run(run, wanted, opened):
    """True if the runs are equal: words by their stem, Han runs up to a cut (at the start, at the end)."""
    if not is_han_run(wanted):
        return stem(run) == stem(wanted)
    return {(False, False): run == wanted, (True, False): run.endswith(wanted),
            (False, True): run.startswith(wanted), (True, True): wanted in run}[opened]


def collections():
    """Strategy: documents d1, d2 … with facets and dates."""
    start = date(2024, 1, 1)
    one = st.builds(dict, body=st.sampled_from(["trade", "贸易", "trade 贸易", ""]),
                    source=st.sampled_from(["s1", "s2"]), language=st.sampled_from(["zh", "en"]),
                    topics=st.lists(st.sampled_from(["t1", "t2", "t3"]), max_size=3).map(tuple),
                    organizations=st.lists(st.sampled_from(["o1", "o2"]), max_size=2).map(tuple),
                    mentioned_topics=st.lists(st.sampled_from(["t2", "t4"]), max_size=2).map(tuple),
                    mentioned_organizations=st.lists(st.sampled_from(["o2", "o3"]), max_size=2).map(tuple),
                    places=st.lists(st.sampled_from(["p1", "p2"]), max_size=2).map(tuple),
                    mentioned_places=st.lists(st.sampled_from(["p2", "p3"]), max_size=2).map(tuple),
                    parent_organizations=st.sampled_from([(), ("o1",), ("o4",)]),
                    mentioned_parent_organizations=st.sampled_from([(), ("o1",), ("o4", "o5")]),
                    type=st.sampled_from([None, "k1", "k2"]),
                    dated=st.none() | st.tuples(st.integers(0, 90), st.sampled_from([0, 0, 40])))
    return st.lists(one, min_size=1, max_size=12).map(lambda drawn: [_document(at, each, start)
                                                                     for at, each in enumerate(drawn, 1)])


def _document(at, drawn, start):
    dated = drawn["dated"]
    more = {key: value for key, value in drawn.items() if key != "dated"}
    if dated:
        first = start + timedelta(days=dated[0])
        more |= {"first_day": first, "last_day": first + timedelta(days=dated[1]), "month_known": not dated[1]}
    return doc(f"d{at}", **more)


def some_filters():
    """Strategy: filters over the facets and dates of `collections`."""
    day_or_none = st.none() | st.integers(0, 120).map(lambda n: date(2024, 1, 1) + timedelta(days=n))
    return st.builds(Filters, topics=st.sampled_from([(), ("t1",), ("t1", "t3")]),
                     organizations=st.sampled_from([(), (), ("o1",), ("o1", "o4")]),
                     places=st.sampled_from([(), (), ("p1", "p2")]), types=st.sampled_from([(), (), ("k1",)]),
                     mentions=st.booleans(), alone=st.booleans(), all_of=st.sampled_from(
                         [(), (), ("topic",), ("place",), ("org", "place"), ("topic", "org", "place")]),
                     terms=st.lists(some_terms(), max_size=2).map(tuple), sources=st.sampled_from([(), ("s1",)]),
                     languages=st.sampled_from([(), ("zh",), ("zh", "en")]),
                     first_day=day_or_none, last_day=day_or_none)


def some_terms():
    """Strategy: facet terms over the values of `collections`."""
    values = st.sampled_from([("topic", "t2"), ("org", "o1"), ("org", "o4"), ("place", "p2"), ("lang", "zh"),
                              ("source", "s1"), ("type", "k1")])
    return st.builds(lambda value, excluded: FacetTerm(*value, excluded), values, st.booleans())


FIELDS = {"topic": "topics", "org": "organizations", "place": "places", "type": "types", "source": "sources",
          "lang": "languages"}
"""Fields of `Filters` by facet."""


def values_of(document, name, filters):
    """The document's values for a field of `Filters`, by what these say about mentions and parent organizations."""
    values = {"topics": document.topics, "organizations": document.organizations, "places": document.places,
              "sources": (document.source,), "types": (document.type,) if document.type else (),
              "languages": (document.language,)}[name]
    if filters.mentions and name in ("topics", "organizations", "places"):
        values += getattr(document, f"mentioned_{name}")
    if name == "organizations" and not filters.alone:
        values += document.parent_organizations
        values += document.mentioned_parent_organizations if filters.mentions else ()
    return values


def matches_filters(document, filters):
    """True if the document passes the filters, by brute force."""
    for facet, name in FIELDS.items():
        chosen, values = set(getattr(filters, name)), set(values_of(document, name, filters))
        if chosen and not (chosen <= values if facet in filters.all_of else chosen & values):
            return False
    if any((each.value in values_of(document, FIELDS[each.facet], filters)) == each.excluded for each in filters.terms):
        return False
    if not (filters.first_day or filters.last_day):
        return True
    if document.first_day is None:
        return False
    return (document.last_day >= (filters.first_day or date.min)
            and document.first_day <= (filters.last_day or date.max))


def matches_text(document, text):
    """True if the body contains the text or, for "-text", does not contain it."""
    if text.startswith("-"):
        return text[1:] not in document.body
    return text in document.body


def put(engine, *documents, gone=(), rev=1):
    engine.write(documents, gone, Checkpoint("store", rev))


def search(engine, text="", sort=Sort.RELEVANCE, **filters):
    return engine.search(Query(parse(text), Filters(**filters), sort), limit=MANY)


def ids(engine, text="", sort=Sort.RELEVANCE, **filters):
    """The ids found, in order."""
    return [each.id for each in search(engine, text, sort, **filters).hits]
