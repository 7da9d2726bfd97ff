"""Labels of facet values in the languages of the site."""

from collections.abc import Mapping

from crawler.source import all_sources
from indexer.vocabulary.loader import load

Labels = Mapping[str, Mapping[str, str]]

LANGUAGES: Labels = {"en": {"en": "English", "zh": "英文"}, "zh": {"en": "Chinese", "zh": "中文"}}


class FacetLabels:
    """Labels per facet ("topic", "org", "place", "type", "source", "lang"): value -> language of the site -> label."""

    def __init__(self, facets: Mapping[str, Labels]) -> None:
        self.facets = facets
        self._labels = {(facet, language): {value: names[language] for value, names in labels.items()}
                        for facet, labels in facets.items() for language in ("en", "zh")}

    def labels(self, facet: str, language: str) -> Mapping[str, str]:
        """Labels of all values of a facet in one language."""
        return self._labels[facet, language]

    def label(self, facet: str, value: str, language: str) -> str:
        """Label of a value; the value itself if it has none."""
        return self._labels[facet, language].get(value, value)


def load_labels() -> FacetLabels:
    """Labels of all sources, organizations, topics, places, kinds of release and languages."""
    vocabulary = load()
    return FacetLabels({
        "topic": {each.id: each.name for each in vocabulary.topics.values()},
        "org": {each.id: each.name for each in vocabulary.organizations.values()},
        "place": {each.id: each.name for each in vocabulary.places.values()},
        "type": {each.id: each.name for each in vocabulary.types.values()},
        "source": {each.id: each.name for each in all_sources()},
        "lang": LANGUAGES,
    })
