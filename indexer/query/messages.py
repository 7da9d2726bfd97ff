"""Messages about a query as data: a code with parameters, and the English sentence of each code.

The command line prints the English; the site translates the sentence through its catalogues.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


def N_(sentence: str) -> str:  # noqa: N802  (the marker that Babel looks for)
    """Mark a sentence for extraction into the catalogues; it is translated where it is shown."""
    return sentence


SENTENCES: Mapping[str, str] = {
    "no_searchable_text": N_(
        "There is nothing to search for: the query holds no letter, digit or Chinese character."),
    "query_too_long": N_("The query has %(length)s characters, %(longest)s are allowed; shorten it."),
    "too_many_clauses": N_(
        "The query has more than %(most)s words and phrases. Leave some out, or put quotation marks around what "
        "belongs together."),
    "repeated": N_("“%(name)s” is given more than once; give it once."),
    "unknown_topic": N_("No topic is called “%(value)s”; choose one from the list of topics."),
    "unknown_org": N_("No organization is called “%(value)s”; choose one from the list of organizations."),
    "unknown_source": N_("No source is called “%(value)s”; the status page lists the sources."),
    "unknown_lang": N_("“%(value)s” is no language of this archive; take “en” or “zh”."),
    "unknown_sort": N_("Results cannot be sorted by “%(sort)s”; take one of: %(known)s."),
    "invalid_date": N_("“%(typed)s” is no date; write 2019, 2019-05 or 2019-05-17."),
    "dates_reversed": N_("The first day (%(first)s) is later than the last day (%(last)s); swap them."),
    "invalid_page": N_("“%(page)s” is no page of results; they are counted from 1."),
    "page_beyond_last": N_("There is no page %(page)s; the last one is %(pages)s."),
}
"""The English sentence of each code, with %(name)s placeholders."""


@dataclass(frozen=True, slots=True)
class Message:
    """Message for the user: a code of SENTENCES and the values of its placeholders. `str` gives it in English.

    >>> str(Message("invalid_page", {"page": "0"}))
    '“0” is no page of results; they are counted from 1.'
    """

    code: str
    parameters: Mapping[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The English sentence with its placeholders: the message id in the catalogues."""
        return SENTENCES[self.code]

    def __str__(self) -> str:
        return self.sentence % self.parameters
