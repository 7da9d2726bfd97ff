"""Messages as data: a code with parameters, stored as JSON, worded from one English sentence per code.

Reasons of the quarantine, notes of a run, defects of an article, places of evidence and problems of a query are
messages. The site translates the sentences through its catalogues; the command line prints them as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


def N_(sentence: str) -> str:  # noqa: N802  # the name that gettext's tools look for
    """Mark a sentence for the translation catalogues."""
    return sentence


# Each code with its sentence; %(name)s stands for a parameter, which may be another message.
MESSAGES: Mapping[str, str] = {
    # a sentence that was stored before messages had codes
    "text": "%(text)s",
    # places of evidence
    "selector": "%(selector)s",
    "meta": N_("meta %(name)s"),
    "label": N_("label '%(label)s'"),
    "page_url": N_("the page's address"),
    "cited_url": N_("the address of the cited source, %(url)s"),
    "script_variable": N_("script variable %(name)s"),
    "line": N_("the line '%(text)s'"),
    "line_after_title": N_("the line after the title"),
    "line_after_breadcrumb": N_("the line after the breadcrumb"),
    "line_before_labels": N_("the line before the labels"),
    "line_like_url": N_("the line that says what the address says"),
    "list_entry": N_("list entry"),
    "list_entry_script": N_("script of the list entry"),
    # defects of an article that was read
    "charset": N_("charset: declared %(declared)s, read as %(read)s"),
    "stray_bytes_in_title": N_("unreadable bytes: %(count)s in the title, the first at character %(offset)s"),
    "stray_bytes_in_body": N_("unreadable bytes: %(count)s in the body, the first at character %(offset)s"),
    "open_end": N_("open end: the page was never closed and ends where its text does: some of it may be missing"),
    "clone": N_("clone: the host is not the source's own; it copies %(url)s"),
    # bodies that cannot be decoded
    "chunks_damaged": N_("the chunked body is cut or damaged"),
    "body_cut": N_("the %(encoding)s body is cut: its end is missing after %(count)s bytes"),
    "body_damaged": N_("the %(encoding)s body is damaged: %(error)s"),
    "body_unpacks_too_large": N_("the %(encoding)s body unpacks to more than %(size)s MB"),
    "encoding_unknown": N_("the content encoding '%(encoding)s' is not known"),
    "encoding_not_installed": N_("the content encoding %(encoding)s needs %(library)s, which is not installed"),
    "record_truncated": N_("the archived response is cut off (%(cause)s)"),
    "record_shorter_than_declared": N_("the archived response is cut off after %(count)s of %(declared)s bytes"),
    # captures that the reader does not read
    "no_source": N_("the address belongs to no source in crawler/sources"),
    "no_release_url": N_("the address has not the form of a release of %(source)s"),
    "http_status": N_("the server answered with status %(status)s"),
    "reader_failed": N_("the reader failed: %(error)s"),
    "body_empty": N_("the body is empty"),
    "body_too_large": N_("the body has %(count)s bytes, more than the %(most)s that are read"),
    "body_binary": N_("the body is binary (it holds NUL bytes), not HTML"),
    "body_not_html": N_("the body is a file (%(kind)s), not HTML"),
    "no_html": N_("the body holds no HTML element"),
    "tree_unreadable": N_("the tree cannot be read to its end: %(error)s"),
    "charset_unknown": N_("%(count)s bytes are neither UTF-8, GB 18030 nor what the page declares (%(declared)s)"),
    "no_layout": N_("no layout of %(source)s reads this address; add one to %(file)s"),
    "missing_page": N_("the page says '%(text)s' (a missing page served as a normal one)"),
    "nothing_to_read": N_("title and text only say that there is nothing to read (a missing page, a log-in, a failure "
                          "served as a normal one)"),
    "text_cut": N_("the page ends in the middle of its text: the rest is missing"),
    "text_is_list": N_("the text is a list of other pages"),
    "redirect_only": N_("the page only sends the browser on, to %(url)s"),
    "ssi_error": N_("the server failed to put the page together (SSI error) and sent no article"),
    "mojibake": N_("the text is garbled ('%(text)s'): it was decoded with the wrong charset before it was sent"),
    "no_title": N_("no title was found"),
    "no_body": N_("no body was found"),
    "body_too_short": N_("the body has only %(count)s characters"),
    "no_label": N_("no line shows '%(label)s'"),
    "labels_ambiguous": N_("%(count)s places look like the article's '%(label)s'"),
    "no_text_after_title": N_("no text stands after the title and its labels"),
    "title_empty": N_("the title is empty"),
    "no_breadcrumb": N_("no breadcrumb stands before the title"),
    "no_line_after_breadcrumb": N_("no line stands after the breadcrumb where the title should be"),
    "no_title_after_breadcrumb": N_("'%(text)s' after the breadcrumb is no title"),
    "labels_too_far": N_("%(count)s lines stand between breadcrumb and labels"),
    "no_line_before_labels": N_("no line stands before the labels where the title should be"),
    "no_title_before_labels": N_("the line before the labels, '%(text)s', does not look like a title"),
    "title_joined_to_text": N_("title and text stand in one element and cannot be told apart"),
    "no_line_like_url": N_("no line says what the address says"),
    "titles_ambiguous": N_("%(count)s different lines stand where the title should be"),
    "other_release_in_text": N_("another release with its '%(label)s' stands in the text"),
    "layouts_disagree": N_("the layouts find different titles, the last '%(text)s'"),
    # verdicts and notes of a run
    "run_stopped": N_("stopped: %(error)s"),
    "run_cut_short": N_("stopped before its end (%(cause)s)"),
    "run_died": N_("its process ended without finishing it; what it kept is in the archive, the next run goes on from "
                   "there"),
    "run_not_started": N_("it did not start: the crawl was stopped, or the log says why"),
    "source_busy": N_("another crawl of %(source)s is running; this one skipped the source"),
    "no_list_read": N_("no list page could be read"),
    "few_list_pages": N_("%(count)s list pages could be read; a healthy run reads %(wanted)s"),
    "few_releases": N_("the lists name %(count)s releases; a healthy run finds %(wanted)s"),
    "spider_errors": N_("%(count)s responses raised an error in the crawler; the log has the tracebacks"),
    "pages_left": N_("%(count)s pages were not asked for or not kept; they are left for the next run"),
    "lists_silent": N_("%(count)s lists name no release and should"),
    "few_articles_read": N_("%(count)s of %(all)s articles could be read (%(share)s; expected %(wanted)s)"),
    "few_articles_dated": N_("%(count)s of %(all)s articles are dated (%(share)s; expected %(wanted)s)"),
    "list_silent": N_("%(url)s names no release"),
    "fallback_used": N_("fell back to %(url)s, which names %(count)s releases"),
    "list_layout_changed": N_("%(url)s is not laid out as described; every link on it was considered"),
    "spider_error": N_("%(url)s: the crawler raised an error (%(error)s); please report it"),
    "host_asks_to_wait": N_("%(host)s asks to wait %(seconds)s s (HTTP %(status)s), longer than GONGBAO_PATIENCE; "
                            "the rest of it is left for the next run"),
    "host_not_found": N_("%(host)s cannot be found (DNS); check the network here, then run the crawl again"),
    "request_failed": N_("%(url)s: %(error)s"),
    "response_status": "%(url)s: HTTP %(status)s",
    "list_page_failed": N_("%(url)s, page %(number)s: %(error)s"),
    "unit_without_script": N_("the page has no script with url and queryData"),
    "unit_query_unreadable": N_("queryData cannot be read: %(error)s"),
    "unit_without_list": N_("the unit API answered '%(text)s'"),
    # problems of a query
    "no_searchable_text": N_(
        "There is nothing to search for: the query holds no letter, digit or Chinese character."),
    "query_too_long": N_("The query has %(length)s characters, %(longest)s are allowed; shorten it."),
    "too_many_clauses": N_(
        "The query has more than %(most)s words and phrases. Leave some out, or put quotation marks around what "
        "belongs together."),
    "repeated": N_("“%(name)s” is given more than once; give it once."),
    "no_such_parameter": N_("“%(name)s” is not a parameter of a search; those are: %(known)s."),
    "no_such_parameter_near": N_(
        "“%(name)s” is not a parameter of a search; did you mean “%(nearest)s”? All of them: %(known)s."),
    "too_many_values": N_("“%(name)s” has %(count)s values; at most %(most)s can be given at once."),
    "unknown_topic": N_("No topic is called “%(value)s”; choose one from the list of topics."),
    "unknown_org": N_("No organization is called “%(value)s”; choose one from the list of organizations."),
    "unknown_source": N_("No source is called “%(value)s”; the status page lists the sources."),
    "unknown_lang": N_("“%(value)s” is not a language of this archive; take “en” or “zh”."),
    "unknown_sort": N_("Results cannot be sorted by “%(sort)s”; take one of: %(known)s."),
    "invalid_date": N_("“%(typed)s” is not a date; write 2019, 2019-05 or 2019-05-17."),
    "dates_reversed": N_("The first day (%(first)s) is later than the last day (%(last)s); swap them."),
    "invalid_page": N_("“%(page)s” is not a page of results; they are counted from 1."),
    "page_beyond_last": N_("There is no page %(page)s; the last one is %(pages)s."),
}


@dataclass(frozen=True, slots=True)
class Message:
    """A code of MESSAGES with its parameters; `str` gives the English sentence. Make one with `message`."""

    code: str
    parameters: tuple[tuple[str, "Parameter"], ...] = ()

    def __str__(self) -> str:
        sentence = MESSAGES.get(self.code)
        if sentence is None:  # stored by a newer version of the program
            return f"{self.code} ({', '.join(f'{name}: {value}' for name, value in self.parameters)})"
        return sentence % dict(self.parameters)

    def to_json(self) -> dict[str, Any]:
        """The message as JSON-ready data: {"code": …, "name of parameter": …}."""
        return {"code": self.code, **{name: value.to_json() if isinstance(value, Message) else value
                                      for name, value in self.parameters}}

    @classmethod
    def from_json(cls, data: str | Mapping[str, Any]) -> "Message":
        """The message that `to_json` made `data` from; a plain sentence of an older version becomes a "text"."""
        if isinstance(data, str):
            return cls("text", (("text", data),))
        return cls(str(data["code"]), tuple(
            (name, cls.from_json(value) if isinstance(value, Mapping) else value)
            for name, value in data.items() if name != "code"))

    def dumps(self) -> str:
        """The message as one line of JSON, equal for equal messages."""
        return json.dumps(self.to_json(), ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> "Message":
        """The message that `dumps` wrote; any other text is a sentence of an older version."""
        return cls.from_json(json.loads(text) if text.startswith('{"code": ') else text)


Parameter = str | int | Message


def message(code: str, **parameters: Parameter) -> Message:
    """The message with this code; a test compares every call with the placeholders of its sentence.

    >>> str(message("no_label", label="Add Time")), message("no_label", label="Add Time").dumps()
    ("no line shows 'Add Time'", '{"code": "no_label", "label": "Add Time"}')
    """
    return Message(code, tuple(parameters.items()))
