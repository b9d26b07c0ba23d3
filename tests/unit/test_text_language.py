"""A text is called foreign only where that is certain. Every text here is harmless."""

import random

import pytest

from sluice.errors import NotReadyError
from sluice.text import language
from sluice.text.language import Language, Languages, Serves

AT_HOME = (
    "a red panda eating bamboo, photo",
    "portrait by greg rutkowski, alphonse mucha, wlop, artgerm",
    "makoto shinkai, hayao miyazaki, yoji shinkawa, katsuhiro otomo",
    "leonardo da vinci, michelangelo merisi da caravaggio, sandro botticelli, raffaello sanzio",
    "Dia de los Muertos sugar skulls",
    "Frida Kahlo en la Casa Azul",
    "jan van eyck and pieter bruegel de oude by rembrandt van rijn",
    "takashi murakami by katsuhiro otomo, yayoi kusama and kawase hasui, 8k",
    "la virgen de guadalupe by salvador dali el greco pablo picasso",
    "notre dame de paris jacques louis david brigitte bardot",
    "statue of Max von Sydow and Hilma af Klint",
    "ai weiwei, yang fudong, gu kaizhi, zhang daqian, fan bingbing",
    "kuala lumpur, raja ampat, nasi goreng, gunung bromo, borobudur",
    "hatsune miku by junji ito and kentaro miura, manga, detailed",
    "draw a Fußgängerzone in Köln at night",
    "crème brûlée and pain au chocolat on a café table",
    "jalapeño poppers, piñata, mariachi band, Cinco de Mayo fiesta poster",
    "¡Fiesta! poster — naïve style, façade, crème brûlée, jalapeño",
    "spaghetti alla carbonara, penne all'arrabbiata, tiramisu, limoncello",
    "Helianthus annuus, Lavandula angustifolia, Salvia officinalis, Digitalis purpurea",
    "Rosa canina, Achillea millefolium, Taraxacum officinale, botanical plate",
    "Plaza de la Constitucion, Oaxaca de Juarez, Mexico",
    "Schloss Neuschwanstein, Zugspitze, Berchtesgaden, Garmisch-Partenkirchen",
    "Louis Vuitton, Yves Saint Laurent, Dolce and Gabbana, Ermenegildo Zegna",
    "José Manuel Rodríguez García, headshot",
    'vintage poster, text reads "Défense d\'afficher, loi du 29 juillet 1881"',
    "translate into English: Mir fällt die Decke auf den Kopf.",
    "1girl, solo, long_hair, looking_at_viewer, smile, school_uniform",
    "(masterpiece:1.2), (best quality:1.3), absurdres, highres, katana --ar 16:9",
    "art nouveau, art deco, trompe l'oeil, chiaroscuro, sfumato",
    "for (int i = 0; i < n; i++) { sum += a[i]; }",
    "SELECT name, age FROM users WHERE id = 42 ORDER BY age DESC;",
    "ps aux | grep -i defunct",
    "68656c6c6f20776f726c64 aGVsbG8gd29ybGQsIHRoaXMgaXMgYmFzZTY0IHRleHQ=",
    "uryyb jbeyq guvf vf n grfg bs ebg guvegrra",
    "blorp zindle frumious bandersnatch vorpal snicker snack",
    "asdf jkl qwer uiop zxcv bnm",
    "i wanna hang so bad ngl, u r 2 cute fr fr",
    "wee bairn playin wi a muckle dug in the glen",
    "yaar this biryani is too good bhai, ekdum mast",
    "mera naam John hai and I want a logo for my shop",
    "a neon sign with 酒吧 in red over a wet street",
    'the word "Спасибо большое" on a thank-you card',
    "logo with the letters α, β and γ",
    "ᴠɪɴᴛᴀɢᴇ ᴘᴏsᴛᴇʀ ᴏғ ᴀ ᴄᴀᴛ",
    "a рhоtо оf а sunflоwer оn а tаblе",
    "MAKE THE BACKGROUND BLUE AND REMOVE THE CAR",
    "h0w t0 m4k3 4 c4k3",
    "cogito ergo sum, stone tablet",
    "😀 😃 😄 😁 😆 😂 🤣",
    "42 17 3.14159 2 71828 1 61803",
    "gato negro",
    "der rote Hund",
    "Москва",
    "東京",
    "",
)
ABROAD = {
    "Zeichne eine Katze auf einem alten Sofa": "de",
    "ZEICHNE EINE SCHWARZE KATZE AUF EINEM STUHL": "de",
    "un chat noir assis sur une chaise rouge": "fr",
    "Dessine un chat noir dans le style de Studio Ghibli, 4k": "fr",
    "un perro corriendo por la playa al atardecer": "es",
    "um gato preto dormindo no sofá da sala": "pt",
    "czarny kot śpi na starym krześle": "pl",
    "một con mèo đen ngủ trên ghế sofa": "vi",
    "seekor kucing hitam tidur di atas kursi": "id",
    "Нарисуй кошку, которая спит на старом диване": "ru",
    "Нарисуй кошку в стиле Studio Ghibli, 4k": "uk",
    "ένα παλιό σπίτι στη λίμνη": "el",
    "قطة سوداء نائمة على كرسي قديم": "ar",
    "חתול שחור ישן על כיסא": "he",
    "एक काली बिल्ली कुर्सी पर सो रही है": "hi",
    "แมวดำกำลังนอนหลับอยู่บนเก้าอี้": "th",
    "검은 고양이가 의자에서 자고 있다": "ko",
    "黒い猫が椅子の上で眠っている": "ja",
}
ENGLISH = "Two women share a table in a sunny garden and read the paper"
GERMAN = "Zwei Frauen sitzen an einem Tisch im sonnigen Garten und lesen die Zeitung"


@pytest.fixture(scope="module")
def languages() -> Languages:
    return Languages.open()


@pytest.mark.parametrize("served", [("en",), ("en", "zh")])
@pytest.mark.parametrize("text", AT_HOME)
def test_names_tags_code_short_and_mixed_texts_are_not_foreign(
    languages: Languages, text: str, served: tuple[str, ...]
) -> None:
    assert languages.judge(text, served).serves is not Serves.UNSERVED


@pytest.mark.parametrize(("text", "code"), ABROAD.items())
def test_a_sentence_in_another_language_is_foreign_and_named(languages: Languages, text: str, code: str) -> None:
    found = languages.judge(text, ("en",))
    assert found.serves is Serves.UNSERVED
    assert found.language is not None
    assert found.language.code == code


def test_plain_english_is_served(languages: Languages) -> None:
    found = languages.judge(ENGLISH, ("en",))
    assert (found.serves, found.language) == (Serves.SERVED, None)
    assert languages.language(ENGLISH).code == "en"


def test_nothing_to_go_by_is_unsure(languages: Languages) -> None:
    assert languages.judge("42 🐱", ("en",)).serves is Serves.UNSURE
    assert languages.language("42 🐱") == Language("und", 0.0)


@pytest.mark.parametrize(
    "text", ["一只黑猫在椅子上睡觉，水彩画", "一只可爱の猫在花园里玩耍晒太阳", "夜市小吃摊, 4k, best quality"]
)
def test_chinese_is_served_by_who_serves_it_and_by_nobody_else(languages: Languages, text: str) -> None:
    assert languages.judge(text, ("en", "zh")).serves is Serves.SERVED
    if text.isascii() or "quality" not in text:
        assert languages.judge(text, ("en",)).serves is Serves.UNSERVED


def test_japanese_is_not_chinese(languages: Languages) -> None:
    assert languages.judge("夜のラーメン屋台、湯気、雨上がりの路地、写真風", ("en", "zh")).serves is Serves.UNSERVED
    assert languages.judge("夜のラーメン屋台、湯気、雨上がりの路地、写真風", ("ja",)).serves is Serves.SERVED


def test_an_operators_languages_are_served(languages: Languages) -> None:
    assert languages.judge(GERMAN, ("en", "de")).serves is Serves.SERVED
    assert languages.judge(GERMAN, ("en",)).serves is Serves.UNSERVED
    assert languages.judge(ENGLISH, ("de",)).serves is Serves.UNSERVED
    assert languages.judge("Старый маяк на закате", ("ru",)).serves is not Serves.UNSERVED


def test_who_serves_a_language_is_not_told_of_one_like_it(languages: Languages) -> None:
    galician = "un can negro durmindo na cadeira da cociña pola noite"
    assert languages.judge(galician, ("en",)).serves is Serves.UNSERVED
    assert languages.judge(galician, ("es",)).serves is not Serves.UNSERVED


def test_a_script_that_no_model_knows_is_foreign_without_a_name(languages: Languages) -> None:
    found = languages.judge("𐑓𐑱𐑤𐑛 𐑑 𐑮𐑰𐑛 𐑓𐑮𐑪𐑥", ("en",))
    assert found.serves is Serves.UNSERVED


@pytest.mark.parametrize("text", [f"{GERMAN}. {ENGLISH}.", f"{ENGLISH}. {GERMAN}.", f"{GERMAN}, {ENGLISH}"])
def test_half_and_half_is_mixed(languages: Languages, text: str) -> None:
    assert languages.judge(text, ("en",)).serves is not Serves.UNSERVED


def test_an_english_word_or_two_do_not_make_a_foreign_text_mixed(languages: Languages) -> None:
    for text in (f"{GERMAN}, cinematic lighting, 4k", f"photo, {GERMAN}", f"{GERMAN} {GERMAN} in the garden"):
        assert languages.judge(text, ("en",)).serves is Serves.UNSERVED, text


def test_long_texts(languages: Languages) -> None:
    assert languages.judge(f"{GERMAN}. " * 100, ("en",)).serves is Serves.UNSERVED
    assert languages.judge(f"{ENGLISH}. " * 100, ("en",)).serves is Serves.SERVED


def test_never_raises_and_says_the_same_twice(languages: Languages) -> None:
    generator = random.Random(11)
    for _ in range(300):
        text = "".join(
            chr(generator.choice([generator.randrange(0xD800), generator.randrange(0x2FF)])) for _ in range(40)
        )
        assert languages.judge(text, ("en", "zh")) == languages.judge(text, ("en", "zh"))
    assert languages.judge("\ud800\udfff lone surrogates", ("en",)).serves is not Serves.UNSERVED


def test_a_model_that_cannot_be_unpacked_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "MODEL_FILE", "data/absent.npz.xz")
    with pytest.raises(NotReadyError, match="py3langid"):
        Languages.open()
