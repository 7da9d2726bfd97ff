"""Text in the wrong charset is told from text that holds rare characters, by what its characters were as bytes."""

import pytest

from archive.records import Article, Unreadable
from crawler.extract.mojibake import mojibake
from crawler.extract.visible_text import tidy
from demo.samples import load_releases
from support.recorded_pages import ALTERABLE, PAGES, expected, name, read, with_body, with_title

# made_in_china finds its title by the words of the address.
TITLED = [each for each in ALTERABLE if each.parent.name != "made_in_china"]
CHINESE = "商务部发布公告，决定对有关产品实施出口管制。"
WRONG = {
    "UTF-8 read as GB 18030": lambda text: text.encode().decode("gb18030", "replace"),
    "UTF-8 read as GBK, broken bytes left out": lambda text: text.encode().decode("gbk", "ignore"),
    "UTF-8 read as GBK, broken bytes as ?": lambda text: text.encode().decode("gbk", "replace").replace("\ufffd", "?"),
    "GB 18030 read as UTF-8": lambda text: text.encode("gb18030").decode("utf-8", "replace"),
    "GB 18030 read as UTF-8 and written as GBK": lambda text: text.encode("gb18030").decode("utf-8", "replace").encode(
        ).decode("gb18030", "replace"),
    "UTF-8 read as Latin-1": lambda text: text.encode().decode("latin-1"),
    "UTF-8 read as Windows-1252": lambda text: text.encode().decode("cp1252", "replace"),
    "GB 18030 read as Latin-1": lambda text: text.encode("gb18030").decode("latin-1"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
class TestWrongCharset:
    def test_every_chinese_text_shows_it(self, wrong):
        texts = [each for each in load_releases() if each.language == "zh"]
        assert texts
        for each in texts:
            assert mojibake("\n".join(tidy(wrong(text)) for text in each.body)), each.id

    @pytest.mark.parametrize("page", ALTERABLE, ids=name)
    def test_the_text_of_a_page_is_refused(self, page, wrong):
        found = read(page, with_body(page, wrong(CHINESE), wrong(CHINESE * 2)))
        assert isinstance(found, Unreadable), found
        assert "garbled" in str(found.reason)

    @pytest.mark.parametrize("page", TITLED, ids=name)
    def test_the_title_of_a_page_is_refused(self, page, wrong):
        found = read(page, with_title(page, with_body(page, CHINESE * 2), wrong("公布对部分产品实施出口管制的决定")))
        assert isinstance(found, Unreadable), found
        assert "garbled" in str(found.reason)

    def test_one_garbled_line_in_a_good_text_is_found(self, wrong):
        assert mojibake("\n".join([CHINESE, wrong(CHINESE), CHINESE * 30]))


@pytest.mark.parametrize("text", [
    "I don鈥檛 have any announcement", "鈥淲e are ready,鈥? he said", "the ministry鈥攁nd others", "prices鈥 fell",
    "锟斤拷锟斤拷", "商务部锟斤拷公告", "donâ€™t", "ï»¿Notice", "CafÃ© owners", "Â© 2014",
])
def test_a_piece_of_wrong_charset_is_enough(text):
    assert mojibake(text)


RARE = ("“鈥”字读作hé，见于古籍。", "张鈥明、李鐨、王涓出席会议。", "涓流汇成江河，鍦字罕见", "铃木锛先生",
        "什么是“锟斤拷”", "商務部發布公告", "Café Münster", "NESTLÉ® and SÃO PAULO", "“Quotes” – and dashes…",
        "Москва и Київ, Ελλάδα", "ǎ ē ī ǒ ū ǚ", "·······", "联通公告", "5 µm ± 2 °C × 3", "Caf\ufffd owners",
        "£5 – €6", "😀", "", "飓风，飓风产生的巨浪", "查看存储设备信息:",
        "英语、русский язык、العربية、עברית 和 فارسی 五个语种", "ԱՄՆ - الصين")


@pytest.mark.parametrize("text", RARE)
def test_a_rare_character_is_no_mojibake(text):
    assert mojibake(text) is None


@pytest.mark.parametrize("page", ALTERABLE, ids=name)
def test_a_release_with_rare_characters_is_read(page):
    text = "商务部就此答记者问：" + "".join(RARE[:5])
    found = read(page, with_body(page, text))
    assert isinstance(found, Article), found
    assert found.body == text


def test_good_texts_stay_good():
    texts = [text for each in load_releases() for text in (each.title, *each.body)]
    assert [text for text in texts if mojibake(text)] == []
    assert not any(mojibake(expected(page)["body"]) for page in PAGES)
