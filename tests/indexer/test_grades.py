"""What a release is about and what it only mentions, rule by rule; every sentence was written for the project."""

from functools import cache
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.documents.document import Grade, Reason
from indexer.documents.tagging import Tagger
from indexer.documents.tags import Tags
from indexer.vocabulary.entry import Site
from indexer.vocabulary.loader import load

ZH_FILLER = "双方回顾了去年的交流，听取了代表的介绍，就下一步安排交换了意见。" * 14
EN_FILLER = "Both sides looked back on the past year and agreed on a calendar of meetings. " * 16


@cache
def tagger():
    return Tagger(load())


def grades(title, body="", group="topics", **more):
    """The grade of each tag by id."""
    return {each.id: each.grade.value for each in getattr(tagger().tags(title, body, **more), group)}


def reason(name, title, body="", group="topics", **more):
    return next(each.reason for each in getattr(tagger().tags(title, body, **more), group) if each.id == name)


def type_of(title, body="", number=None):
    found = tagger().tags(title, body, number=number).type
    return found.id if found else None


class TestTopics:
    @pytest.mark.parametrize(("title", "body", "why"), [
        ("下调部分商品关税", "", Reason.TITLE),
        ("Lower tariffs on spare parts", "", Reason.TITLE),
        ("会议纪要", "会议讨论关税。关税安排见附件。" + ZH_FILLER, Reason.LEAD),
        ("Minutes", "The meeting dealt with tariffs. Which tariffs fall is annexed. " + EN_FILLER, Reason.LEAD),
        ("会议纪要", ZH_FILLER + "关税一。关税二。关税三。关税四。", Reason.REPEATED),
        ("Minutes", EN_FILLER + "Tariffs A. Tariffs B. Tariffs C. Tariffs D.", Reason.REPEATED)])
    def test_title_lead_and_repetition_make_it_about(self, title, body, why):
        assert grades(title, body)["tariffs"] == "about"
        assert reason("tariffs", title, body) is why

    @pytest.mark.parametrize(("title", "body"), [
        ("会议纪要", ZH_FILLER + "有代表问到关税。" + ZH_FILLER), ("Minutes", EN_FILLER + "One asked about tariffs.")])
    def test_one_mention_far_down_is_a_mention(self, title, body):
        assert grades(title, body)["tariffs"] == "mentioned"

    @pytest.mark.parametrize(("body", "name"), [
        ("代表谈到供应链。又谈到供应链。" + ZH_FILLER, "logistics-supply-chain"),
        ("会议谈到营商环境和基础设施。营商环境有改善。" + ZH_FILLER, "business-environment"),
        ("They spoke of infrastructure and of infrastructure funds. " + EN_FILLER, "infrastructure")])
    def test_everyday_words_need_more(self, body, name):
        assert grades("会议纪要", body)[name] == "mentioned"

    def test_everyday_words_count_in_a_title(self):
        assert grades("优化营商环境的二十条措施")["business-environment"] == "about"

    def test_licences_are_the_procedure_of_a_control_unless_the_title_names_them(self):
        body = "对下列物项实施出口管制。出口管制清单见附件。出口管制自下月起实行。" + "凭出口许可证办理。" * 2
        assert grades("关于某些物项的公告", body)["import-export-licensing"] == "mentioned"
        assert grades("出口许可证申领办法", body)["import-export-licensing"] == "about"

    def test_where_nothing_stands_out_the_first_sentence_tells(self):
        body = "A tractor plant opened in the north. " + EN_FILLER
        assert grades("News from the north", body)["agricultural-machinery"] == "about"

    def test_a_release_about_a_part_is_about_the_whole(self):
        found = grades("跨境电商综试区新政")
        assert (found["cross-border-e-commerce"], found["e-commerce"]) == ("about", "about")
        assert reason("free-trade-agreements", "RCEP enters into force") is Reason.PART

    def test_it_is_about_few_topics(self):
        title = "Tariffs, rare earths, textiles, batteries, retail, catering, smes, tractors and vaccines"
        assert list(grades(title).values()).count("about") <= 8  # five, and the wholes of parts


class TestNames:
    @pytest.mark.parametrize(("body", "name"), [
        ("来宾中有某省对外贸易发展局的代表。", "foreign-trade"), ("出席的有汽车工业协会会长。", "automobiles"),
        ("依据对外贸易法作出决定。", "foreign-trade"), ("某国农业大臣出席。", "agricultural-trade"),
        ("某国外贸与发展援助部派员出席。", "foreign-trade"),
        ("Zhang, Director of the Engineering Contracting Division, attended.", "engineering-contracting"),
        ("The Foreign Trade Law is the ground of this decision.", "foreign-trade"),
        ("The Infrastructure Working Group met.", "infrastructure"),
        ("The Minister for Foreign Trade spoke.", "foreign-trade"),
        ("The China Chamber of Commerce for Import and Export of Textiles and Apparel came.", "textiles")])
    def test_words_of_a_name_do_not_count(self, body, name):
        assert name not in grades("Guests", body)

    @pytest.mark.parametrize(("body", "name"), [
        ("对外贸易增长很快。", "foreign-trade"), ("汽车产量增长。", "automobiles"),
        ("对外贸易法律服务增加。", "foreign-trade"),
        ("Engineering contracting grew fast.", "engineering-contracting"), ("Foreign trade grew.", "foreign-trade")])
    def test_the_same_words_alone_do(self, body, name):
        assert name in grades("Guests", body)

    def test_a_title_may_be_about_a_law_and_begin_with_its_grounds(self):
        assert grades("某国出口管制法生效")["export-control"] == "about"
        assert "foreign-trade" not in grades("根据对外贸易法作出如下决定")


class TestSpellings:
    @pytest.mark.parametrize("text", ["used-car", "used car", "usedcar", "Used–Car", "used\u00a0car"])
    def test_blank_hyphen_and_joined_are_one(self, text):
        assert "second-hand-cars" in grades(f"The {text} market")

    @pytest.mark.parametrize("text", ["10月9日商务部发布", "近日商务部发布", "十月九日商务部发布", "工作日商务部照常"])
    def test_the_day_before_a_name_is_not_japan(self, text):
        assert "mofcom" in grades(text, group="organizations")

    @pytest.mark.parametrize("text", ["与日商务部会谈", "日本商务部表示", "赴美与美商务部会谈"])
    def test_another_country_before_a_name_is_meant(self, text):
        assert "mofcom" not in grades(text, group="organizations")

    @pytest.mark.parametrize(("text", "agreement"), [
        ("推进中加自贸区谈判", True), ("中国—新西兰自由贸易区升级", True), ("亚太自贸区进程", True),
        ("上海自贸区十周年", False), ("自贸试验区总体方案", False)])
    def test_a_free_trade_area_behind_a_country_is_an_agreement(self, text, agreement):
        found = grades(text)
        assert ("free-trade-agreements" in found, "free-trade-zones" in found) == (agreement, not agreement)


class TestRelations:
    @pytest.mark.parametrize(("title", "name"), [
        ("商务部新闻发言人就美方有关措施答记者问", "china-us"),
        ("就欧方立案调查发表谈话，中方回应", "china-eu"),
        ("商务部就美商务部新规答记者问", "china-us"), ("关于加强对日本出口管理的公告", "china-japan-korea"),
        ("MOFCOM comments on the tariffs of the US", "china-us")])
    def test_the_other_side_in_a_title_makes_one(self, title, name):
        assert grades(title, "该措施影响两国贸易。")[name] == "about"

    @pytest.mark.parametrize("title", ["商务部将5家美国企业列入清单", "商务部就3家美国相关公司答记者问"])
    def test_firms_of_the_other_side_make_none(self, title):
        assert grades(title, "禁止其从事进出口活动。").get("china-us") != "about"

    @pytest.mark.parametrize("body", [
        "中国和东盟举行海上联合演习。中国—东盟演习为期三天。中国东盟各派军舰参加。",
        "China-ASEAN naval drills began. The China-ASEAN exercise lasts three days. China-ASEAN ships took part."])
    def test_a_naval_exercise_makes_none(self, body):
        assert grades("海上演习" if "中" in body else "Drills at sea", body).get("china-asean") != "about"

    def test_trade_with_the_same_words_makes_one(self):
        body = "中国和东盟经贸往来密切。中国—东盟贸易额再创新高。"
        assert grades("经贸简讯", body)["china-asean"] == "about"

    def test_another_ministry_is_not_the_chinese_side(self):
        assert "china-us" not in grades("美国商务部宣布初裁结果")


CONFERENCE = "\n".join((
    "主持人：大家好，欢迎出席。",
    "问：请介绍稀土出口的情况？", "答：稀土出口正常，稀土企业有序经营。" + ZH_FILLER,
    "问：部长何时访问邻国？", "答：请关注消息。" + ZH_FILLER,
    "问：稀土谈判进展如何？", "答：双方保持沟通。" + ZH_FILLER,
    "问：有游客受伤，情况如何？", "答：正在了解。另外关税问题请问主管部门。" + ZH_FILLER))


class TestConferences:
    def test_two_questions_make_it_about(self):
        found = grades("例行记者会", CONFERENCE)
        assert (found["rare-earths"], found["tariffs"]) == ("about", "mentioned")

    def test_a_quarter_of_the_text_is_enough(self):
        long = CONFERENCE.replace("答：正在了解。", "答：关税安排如下。关税表见附件。" + ZH_FILLER * 4)
        assert grades("例行记者会", long)["tariffs"] == "about"

    def test_the_opening_is_a_lead(self):
        opened = CONFERENCE.replace("欢迎出席。", "先发布一条消息。二手车出口大幅增长，二手车市场活跃。" + ZH_FILLER)
        assert grades("例行记者会", opened)["second-hand-cars"] == "about"


class TestOrganizations:
    @pytest.mark.parametrize(("title", "body", "why"), [
        ("财政部发布办法", "", Reason.TITLE), ("消息", "财政部近日发布办法。" + ZH_FILLER, Reason.LEAD),
        ("消息", ZH_FILLER + "财政部宣布调整。", Reason.REPEATED),
        ("消息", ZH_FILLER + "\n财政部\n2024年1月2日", Reason.SIGNATURE),
        ("News", EN_FILLER + "The Ministry of Finance announced a change.", Reason.REPEATED)])
    def test_who_acts_is_what_it_is_about(self, title, body, why):
        assert grades(title, body, "organizations")["mof"] == "about"
        assert reason("mof", title, body, "organizations") is why

    @pytest.mark.parametrize(("body", "name"), [
        ("经国务院批准，自即日起执行。" + ZH_FILLER, "state-council"), ("根据世贸组织规则处理。" + ZH_FILLER, "wto"),
        ("This is in line with WTO rules. " + EN_FILLER, "wto")])
    def test_who_is_only_referred_to_is_mentioned(self, body, name):
        assert grades("消息", body, "organizations")[name] == "mentioned"

    def test_the_site_that_publishes_acts(self):
        found = tagger().tags("Minister meets guests", "They talked.", site=Site("mofcom")).organizations
        assert [(each.id, each.grade, each.reason, each.spans) for each in found] == [
            ("mofcom", Grade.ABOUT, Reason.ISSUER, ())]

    def test_a_site_on_one_topic_tells_it(self):
        found = tagger().tags("Guests arrive", "They talked.", site=Site("cccme", "province-state")).topics
        assert [(each.id, each.grade, each.reason) for each in found] == [
            ("province-state", Grade.ABOUT, Reason.ISSUER), ("china-us", Grade.ABOUT, Reason.PART)]

    def test_a_department_acts_for_its_ministry(self):
        assert grades("服务贸易司负责人谈服务外包", group="organizations")["mofcom"] == "about"


class TestTypes:
    @pytest.mark.parametrize(("title", "kind"), [
        ("外交部发言人主持例行记者会", "press-conference"), ("有记者问：对此有何评论", "press-conference"),
        ("商务部召开例行新闻发布会", "press-conference"),
        ("Regular Press Conference of the Ministry", "press-conference"),
        ("What will you do for exporters this year? (2023-02-03)", "press-conference"),
        ("关于对某产品征税的公告", "announcement"), ("商务部公告2031年第7号", "announcement"),
        ("Announcement No. 7 of 2031", "announcement"), ("中华人民共和国商务部令 2031年第3号", "announcement"),
        ("关于某办法公开征求意见", "public-consultation"),
        ("Soliciting public comments on a draft", "public-consultation"),
        ("在开幕式上的致辞", "speech"), ("Remarks by the minister at the forum", "speech"),
        ("2031年5月我国服务贸易情况", "statistics"), ("Statistics of foreign trade in May", "statistics"),
        ("关于做好保供工作的通知", "notice"), ("Notice on the holiday calendar", "notice"),
        ("部长会见来宾", None), ("Minister meets guests", None)])
    def test_the_form_tells_the_kind(self, title, kind):
        assert type_of(title) == kind

    def test_what_has_a_number_is_an_announcement(self):
        assert type_of("调整某产品税率", number="第7号") == "announcement"
        assert tagger().tags("调整某产品税率", "", number="第7号").type.reason is Reason.NUMBER

    @pytest.mark.parametrize(("body", "kind"), [
        ("问：有何评论？\n答：没有。", "press-conference"),
        ("为规范管理，现将有关事项公告如下：", "announcement")])
    def test_the_first_lines_tell_it_where_the_title_does_not(self, body, kind):
        assert type_of("一则消息", body) == kind


class TestNewTopics:
    @pytest.mark.parametrize(("title", "name"), [
        ("中方决定采取反制措施", "sanctions"), ("Sanctions on two banks", "sanctions"),
        ("如何看待贸易战", "trade-friction"), ("Trade friction worsens", "trade-friction"),
        ("5G设备招标", "telecommunications"), ("Telecommunications tender", "telecommunications"),
        ("某某管理条例", "laws-regulations"), ("Regulations on the Control of Samples", "laws-regulations"),
        ("出口许可办理指南", "import-export-licensing")])
    def test_they_are_found_in_both_languages(self, title, name):
        assert grades(title)[name] == "about"


PIECES = ["商务部", "关税", "美方", "问：", "？", "\n", "公告", "根据", "法", "出口管制", "中美", " ", "MOFCOM ",
          "tariffs ", "Law ", "The ", "China-US ", "Q: ", "announced ", "《", "》", "第7号", "自贸区", "İ"]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=25), st.integers(0, 25))
def test_grades_follow_from_reasons_whatever_the_text(pieces, cut):
    found = tagger().tags("".join(pieces[:cut]), "".join(pieces[cut:]))
    for tag in (*found.organizations, *found.topics):
        assert (tag.grade is Grade.MENTIONED) == (tag.reason is Reason.NAMED)
    for group in ("organizations", "topics"):
        ids = [each.id for each in getattr(found, group)]
        assert len(ids) == len(set(ids))
    assert Tags.from_dict(found.to_dict()) == found


@pytest.mark.parametrize("piece", [
    "中美", "商务部", "关税。", "美方与中方", "中美\n", "商务部\n", "问：关税？\n", "China-US ", "MOFCOM ", "tariffs ",
    "Foreign Trade Law ", "农机商会", "a: b? "])
def test_the_time_of_tagging_grows_with_the_length_of_a_text(piece):
    short, long = (min(_seconds(piece * (size // len(piece))) for _ in range(2)) for size in (5_000, 20_000))
    assert long < 12 * short + 0.1, "four times the text may take four times as long, not sixteen times"


def _seconds(body):
    start = process_time()
    tagger().tags("", body)
    return process_time() - start


@given(st.text(max_size=200))
def test_any_text_is_tagged_alike_twice(text):
    assert tagger().tags("", text) == tagger().tags("", text)
