"""An engine that looks into every document: slow, plain, and in memory."""

from collections import Counter
from dataclasses import replace

from indexer.engines.base import FACETS, Checkpoint, Hit, ResultPage
from indexer.query.model import Sort

FIELDS = {"topic": "topics", "org": "organizations", "source": "sources", "lang": "languages"}


class FakeEngine:
    """Holds documents in a list. `failing` makes every search raise it."""

    def __init__(self):
        self.documents, self.reached, self.failing = {}, None, None

    def checkpoint(self):
        return self.reached

    def write(self, documents, gone, upto):
        self.documents.update((each.id, each) for each in documents)
        for each in gone:
            self.documents.pop(each, None)
        self.reached = upto

    def count(self):
        return len(self.documents)

    def close(self):
        pass

    def search(self, query, *, limit=20, offset=0, facets=False):
        if self.failing:
            raise self.failing
        found = sorted(self._matching(query), key=order(query.sort))
        hits = tuple(Hit(each.id, None) for each in found[offset:offset + limit])
        if not facets:
            return ResultPage(len(found), hits)
        counted = {name: self._facet(query, name) for name in FACETS}
        months = Counter(each.first_day.year * 100 + each.first_day.month * each.month_known
                         for each in found if each.first_day)
        return ResultPage(len(found), hits, counted, tuple(sorted(months.items())),
                          sum(each.first_day is None for each in found))

    def _matching(self, query):
        return [each for each in self.documents.values() if fits(each, query)]

    def _facet(self, query, name):
        free = replace(query, filters=replace(query.filters, **{FIELDS[name]: ()}))
        counts = Counter(value for each in self._matching(free) for value in values(each, name))
        return tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def values(document, name):
    return {"topic": document.topics, "org": document.organizations, "source": (document.source,),
            "lang": (document.language,)}[name]


def fits(document, query):
    text = f"{document.title}\n{document.body}".lower()
    filters = query.filters
    return (all((each.text.lower() in text) is not each.excluded for each in query.clauses)
            and all(not getattr(filters, field) or set(getattr(filters, field)) & set(values(document, name))
                    for name, field in FIELDS.items())
            and (not filters.first_day or (document.last_day and document.last_day >= filters.first_day))
            and (not filters.last_day or (document.first_day and document.first_day <= filters.last_day)))


def order(sort):
    if sort in (Sort.ADDED, Sort.RELEVANCE):
        return lambda each: -each.seq
    sign = -1 if sort is Sort.NEWEST else 1
    return lambda each: (each.first_day is None, each.first_day and sign * each.first_day.toordinal(), -each.seq)


def upto(rev):
    return Checkpoint("fake", rev)
