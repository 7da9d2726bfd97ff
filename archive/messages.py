"""Messages as data: a code with parameters, stored as JSON, worded from one English sentence per code.

Reasons of the quarantine and of refused documents, notes of a run, defects of an article, places of evidence and
problems of a query are messages. The site translates the sentences through its catalogues; the command line prints
them as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


def N_(sentence: str) -> str:  # noqa: N802  # the name that gettext's tools look for
    """Mark a sentence for the translation catalogues."""
    return sentence


# Codes that only rows hold which earlier versions of the program wrote.
FORMER_MESSAGES: Mapping[str, str] = {
    "lists_silent": N_("%(count)s lists name no release and should"),
    "request_failed": N_("%(url)s: %(error)s"),
    "response_status": "%(url)s: HTTP %(status)s",
    "list_page_failed": N_("%(url)s, page %(number)s: %(error)s"),
}
# Each code with its sentence; %(name)s stands for a parameter, which may be another message.
MESSAGES: Mapping[str, str] = {
    # a sentence that was stored before messages had codes
    "text": "%(text)s",
    **FORMER_MESSAGES,
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
    "row_refused": N_("the database refuses it: %(error)s"),
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
    "challenge_page": N_("the page only checks the browser (an anti-bot challenge) and holds no article"),
    "names_other_page": N_("the page names the address of another release as its own, %(url)s"),
    "no_text": N_("the page shows no text"),
    "home_or_list_page": N_("the page is a home page or a list: it links to %(count)s releases and holds the text of "
                            "none"),
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
    "run_interrupted": N_("it was stopped before its end, by Ctrl+C or by the system; the next run goes on from there"),
    "run_died": N_("its process ended without finishing it; what it kept is in the archive, the next run goes on from "
                   "there"),
    "run_dead": N_("did not end: its process died"),
    "last_run_long_ago": N_("last run %(days)s days ago"),
    "run_not_started": N_("it did not start: the crawl was stopped, or the log says why"),
    "source_busy": N_("another crawl of %(source)s is running; this one skipped the source"),
    "no_list_read": N_("no list page could be read"),
    "few_list_pages": N_("list pages that could be read: %(count)s; a healthy run reads %(wanted)s"),
    "few_releases": N_("releases that the lists name: %(count)s; a healthy run finds %(wanted)s"),
    "spider_errors": N_("responses that raised an error in the crawler: %(count)s; the log has the tracebacks"),
    "pages_left": N_("pages that were not asked for or not kept: %(count)s; they are left for the next run"),
    "lists_unread": N_("lists that could not be read to known ground or to their end: %(count)s"),
    "lists_with_gaps": N_("lists that show no release that they showed before, so that others may have come and gone: "
                          "%(count)s"),
    "releases_missing": N_("new releases that are missing where the lists say they are: %(count)s; they count as gone "
                           "after a second answer on another day"),
    "releases_waiting": N_("releases that were asked for and could not be read yet: %(count)s; they are asked for "
                           "again"),
    "releases_left_out": N_("limited by %(options)s: releases that are due and were not asked for: %(count)s; the next "
                            "crawl asks for them"),
    "lists_left_out": N_("limited by %(options)s: lists that were not read on: %(count)s; the next crawl reads on"),
    "lists_without_days": N_("lists without dates, so that --since leaves nothing of them out: %(count)s; the first is "
                             "%(url)s"),
    "few_articles_read": N_("%(count)s of %(all)s articles could be read (%(share)s; expected %(wanted)s)"),
    "few_articles_dated": N_("%(count)s of %(all)s articles are dated (%(share)s; expected %(wanted)s)"),
    "list_silent": N_("it names no release"),
    "list_page_empty": N_("page %(number)s is empty"),
    "list_page_repeats": N_("page %(number)s repeats earlier ones"),
    "list_end_unproven": N_("its end before page %(number)s is not certain until a second answer on another day "
                            "(%(cause)s)"),
    "list_shrank": N_("it has %(count)s pages and had %(before)s; that is not certain until a second answer on "
                      "another day"),
    "list_emptied": N_("it is empty and was not; that is not certain until a second answer on another day"),
    "list_too_long": N_("it has more than %(number)s pages; the next run goes on from there"),
    "list_has_gap": N_("%(url)s shows no release that it showed before"),
    "redirected_to": N_("it was redirected to %(url)s"),
    "answered_status": N_("the server answered with status %(status)s"),
    "lists_failed": N_("lists (%(count)s): %(cause)s; the first is %(url)s"),
    "releases_failed": N_("releases (%(count)s): %(cause)s; the first is %(url)s"),
    "releases_lost": N_("lost releases, named a week ago or longer and never read: %(count)s; they are still asked "
                        "for"),
    # outcomes of requests for releases
    "outcome_read": N_("read"),
    "outcome_unchanged": N_("unchanged"),
    "outcome_unreadable": N_("the page could not be read; it is in quarantine"),
    "outcome_missing": N_("the page is missing (404, or a page that says so)"),
    "outcome_moved": N_("the page leads to another release"),
    "outcome_redirected": N_("the server sent a home page, a list or another page instead"),
    "outcome_other_page": N_("the server sent the page of another release"),
    "outcome_challenge": N_("the server asked for a proof that a browser is at work (a challenge)"),
    "outcome_forbidden": N_("the server refused (403)"),
    "outcome_partial": N_("the server sent a part of the page (206)"),
    "outcome_empty": N_("the server sent an empty page"),
    "outcome_damaged": N_("the page arrived damaged or cut off"),
    "outcome_unavailable": N_("the server sent a log-in, a failure or a notice of maintenance"),
    "outcome_busy": N_("the server asked for fewer requests (429)"),
    "outcome_server_error": N_("the server failed (status 500 or above)"),
    "outcome_unexpected": N_("the server answered with an unexpected status"),
    "outcome_refused": N_("the server refused the connection"),
    "refused_by_replica": N_("the connection was refused; GONGBAO_VIA names %(via)s as the replica to ask"),
    "replica_without_tls": N_("GONGBAO_VIA names %(via)s as the replica to ask, and no TLS is spoken there; write "
                              "http:// in its place"),
    "outcome_timed_out": N_("the server did not answer in time"),
    "outcome_disconnected": N_("the connection broke off"),
    "outcome_host_not_found": N_("the host's name was not found (DNS)"),
    "outcome_tls": N_("no secure connection could be made (TLS); see GONGBAO_CA_FILES and GONGBAO_LEGACY_TLS"),
    "outcome_other_host": N_("the server sent the crawler on to another site"),
    "outcome_redirect_loop": N_("the server sent the crawler on in a circle"),
    "outcome_robots": N_("the site's robots.txt forbids the page"),
    "outcome_failed": N_("the request failed"),
    "request_error": N_("the request failed: %(error)s"),
    "tls_certificate": N_("the certificate of %(host)s cannot be verified (%(error)s); if it is of an authority that "
                          "the system does not know, name its file in GONGBAO_CA_FILES"),
    "certificate_other_host": N_("it is that of another host"),
    "tls_handshake": N_("the TLS handshake with %(host)s failed (%(error)s); if the server needs an old version of "
                        "TLS, add the source to GONGBAO_LEGACY_TLS"),
    "clock_was_wrong": N_("captures whose time lies in the future: %(count)s; the clock of this machine is or was "
                          "wrong. Their pages are asked for again"),
    "host_challenges": N_("%(host)s sent the crawler away %(count)s times in a row; it is left alone until %(until)s"),
    "host_rests": N_("%(host)s sent the crawler away in an earlier run; it is left alone until %(until)s"),
    "fallback_used": N_("fell back to %(url)s, which names %(count)s releases"),
    "list_layout_changed": N_("%(url)s is not laid out as described; every link on it was considered"),
    "spider_error": N_("%(url)s: the crawler raised an error (%(error)s); please report it"),
    "host_asks_to_wait": N_("%(host)s asks to wait %(seconds)s s (HTTP %(status)s), longer than GONGBAO_PATIENCE; "
                            "the rest of it is left for the next run"),
    "host_not_found": N_("%(host)s cannot be found (DNS); check the network here, then run the crawl again"),
    "unit_without_script": N_("the page has no script with url and queryData"),
    "unit_query_unreadable": N_("queryData cannot be read: %(error)s"),
    "unit_without_list": N_("the unit API answered '%(text)s'"),
    # documents that the search engine refuses
    "document_id": N_("its id cannot be looked up: it needs 1 to %(most)s characters that UTF-8 can hold, without NUL"),
    "document_beyond_engine": N_("it has seq %(seq)s and rev %(rev)s: the embedded engine holds %(most)s documents; "
                                 "use another engine for more"),
    "document_days": N_("it is dated %(first)s to %(last)s: both days are needed, the earlier first"),
    "document_minute": N_("it is of minute %(minute)s of its day: a day has 1440"),
    "document_facet": N_("the name %(name)s cannot be filtered by: it needs 1 to %(most)s characters that UTF-8 can "
                         "hold"),
    "document_unreadable": N_("its fields cannot be read: %(error)s"),
    # why a release is about a topic or organization, or only mentions it; how its kind was found
    "tag_title": N_("in the title"),
    "tag_lead": N_("in the first paragraph"),
    "tag_repeated": N_("in many places of the text"),
    "tag_issuer": N_("the site that published it"),
    "tag_signature": N_("signed or named at the head"),
    "tag_part": N_("through a part of it"),
    "tag_form": N_("the form of the release"),
    "tag_number": N_("it has a number"),
    "tag_named": N_("named in the text"),
    # problems of a query
    "no_searchable_text": N_(
        "There is nothing to search for: the query holds no letter, digit or Chinese character."),
    "query_too_long": N_("The query has %(length)s characters, %(longest)s are allowed; shorten it."),
    "too_many_clauses": N_(
        "The query has more than %(most)s words and phrases. Leave some out, or put quotation marks around what "
        "belongs together."),
    "search_too_costly": N_(
        "This search asks too much of the search engine; narrow it: write whole words, and fewer in quotation marks."),
    "repeated": N_("“%(name)s” is given more than once; give it once."),
    "no_such_parameter": N_("“%(name)s” is not a parameter of a search; those are: %(known)s."),
    "no_such_parameter_near": N_(
        "“%(name)s” is not a parameter of a search; did you mean “%(nearest)s”? All of them: %(known)s."),
    "too_many_values": N_("“%(name)s” has %(count)s values; at most %(most)s can be given at once."),
    "unknown_topic": N_("No topic is called “%(value)s”; the page /topics lists all of them."),
    "similar_topic": N_("No topic is called “%(value)s”; did you mean “%(nearest)s”? The page /topics lists all of "
                        "them."),
    "unknown_org": N_("No organization is called “%(value)s”; the page /organizations lists all of them."),
    "similar_org": N_("No organization is called “%(value)s”; did you mean “%(nearest)s”? The page /organizations "
                      "lists all of them."),
    "unknown_place": N_("No place is called “%(value)s”; the page /places lists all of them."),
    "similar_place": N_("No place is called “%(value)s”; did you mean “%(nearest)s”? The page /places lists all of "
                        "them."),
    "unknown_type": N_("No kind of release is called “%(value)s”; the filters beside the results of a search list the "
                       "kinds."),
    "similar_type": N_("No kind of release is called “%(value)s”; did you mean “%(nearest)s”? The filters beside the "
                       "results of a search list the kinds."),
    "unknown_source": N_("No source is called “%(value)s”; the status page lists the sources."),
    "similar_source": N_("No source is called “%(value)s”; did you mean “%(nearest)s”? The status page lists the "
                         "sources."),
    "unknown_ui": N_("“%(value)s” is not a language of the site; take “en” or “zh”."),
    "unknown_lang": N_("“%(value)s” is not a language of this archive; take “en” or “zh”."),
    "unknown_sort": N_("Results cannot be sorted by “%(sort)s”; take one of: %(known)s."),
    "switch_value": N_("“%(typed)s” is no value of “%(name)s”; write %(name)s=1, or leave it out."),
    "join_value": N_("“all” takes no “%(typed)s”; it names facets whose values must all match: %(known)s."),
    "facet_topic": N_("topic"),
    "facet_org": N_("organization"),
    "facet_place": N_("place"),
    "facet_type": N_("kind of release"),
    "facet_source": N_("source"),
    "facet_lang": N_("language"),
    "no_such_value": N_("“%(typed)s” names no %(facet)s that the archive knows; put it in quotation marks to search "
                        "the text for it."),
    "no_such_value_near": N_("“%(typed)s” names no %(facet)s that the archive knows; did you mean %(nearest)s? Put it "
                             "in quotation marks to search the text for it."),
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
