"""User agents become a browser and a kind of device, under the names that stored facts have."""

import subprocess
import sys

import pytest

from events.values import browsers
from events.values.browsers import Client, families, label
from formaos_obs.environment import BASE_DIR as ROOT

APPLE = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
PHONE = "Mozilla/5.0 (Linux; Android 10; K)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"

NAMED = [
    ("", "", ""),
    ("-", "desktop", "other"),
    (f"{WINDOWS} {APPLE} Chrome/138.0.0.0 Safari/537.36", "desktop", "Chrome"),
    (f"{PHONE} {APPLE} Chrome/138.0.0.0 Mobile Safari/537.36", "mobile", "Chrome"),
    (f"{PHONE} {APPLE} Chrome/138.0.0.0 Safari/537.36", "tablet", "Chrome"),
    (f"{IPHONE} CriOS/138.0.7204.53 Mobile/15E148 Safari/604.1", "mobile", "Chrome"),
    ("Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0"
     " Chrome/125.0.6422.165 Mobile Safari/537.36", "mobile", "Chrome"),
    (f"{WINDOWS} {APPLE} Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0", "desktop", "Edge"),
    (f"{PHONE} {APPLE} Chrome/138.0.0.0 Mobile Safari/537.36 EdgA/138.0.0.0", "mobile", "Edge"),
    (f"{WINDOWS} {APPLE} Chrome/64.0.3282.140 Safari/537.36 Edge/17.17134", "desktop", "Edge"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "desktop", "Firefox"),
    ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "mobile", "Firefox"),
    ("Mozilla/5.0 (Android 15; Tablet; rv:140.0) Gecko/140.0 Firefox/140.0", "tablet", "Firefox"),
    (f"{IPHONE} FxiOS/140.0 Mobile/15E148 Safari/605.1.15", "mobile", "Firefox"),
    (f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", "desktop", "Safari"),
    (f"{IPHONE} Version/18.5 Mobile/15E148 Safari/604.1", "mobile", "Safari"),
    ("Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6"
     " Mobile/15E148 Safari/604.1", "tablet", "Safari"),
    (f"{IPHONE} Mobile/15E148", "mobile", "Safari"),
    (f"{WINDOWS} {APPLE} Chrome/137.0.0.0 Safari/537.36 OPR/122.0.0.0", "desktop", "Opera"),
    (f"{PHONE} {APPLE} Chrome/137.0.0.0 Mobile Safari/537.36 OPR/90.0.0.0", "mobile", "Opera"),
    (f"{PHONE} {APPLE} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "mobile", "Samsung Internet"),
    (f"{WINDOWS} {APPLE} Chrome/136.0.0.0 YaBrowser/25.6.0.0 Safari/537.36", "desktop", "Yandex"),
    ("Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko", "desktop", "IE"),
    (f"{WINDOWS} {APPLE} Chrome/138.0.0.0 Safari/537.36 Vivaldi/7.5.3735.44", "desktop", "Vivaldi"),
    ("Mozilla/5.0 (Linux; Android 11; KFTRWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/126.3.1 like Chrome/126.0"
     " Safari/537.36", "tablet", "Amazon Silk"),
]  # fmt: skip


@pytest.mark.parametrize(("user_agent", "device", "browser"), NAMED)
def test_a_user_agent_is_named_as_its_facts_are(user_agent: str, device: str, browser: str) -> None:
    assert families(user_agent) == Client(device, browser)


BOTS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    f"{PHONE} {APPLE} Chrome/138.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    f"Mozilla/5.0 (X11; Linux x86_64) {APPLE} HeadlessChrome/138.0.0.0 Safari/537.36",
    f"{PHONE} {APPLE} Chrome/138.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
    "Mediapartners-Google", "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "curl/8.5.0", "Wget/1.21.4",
    "python-requests/2.32.3", "Go-http-client/2.0", "axios/1.7.2", "okhttp/4.12.0",
    f"Mozilla/5.0 {APPLE}; compatible; GPTBot/1.2; +https://openai.com/gptbot)", "PerplexityBot/1.0",
    "ChatGPT-User/1.0",
    "Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)", "Mozilla/5.0 (compatible; Bytespider)",
    # On no list, but they say what they are.
    "shop-bot", "Robot/1.0", "ourcrawler (+https://example.org)", "price-spider/3", "Google Page Speed Insights",
    "our-healthcheck/1",
]  # fmt: skip


@pytest.mark.parametrize("user_agent", [*(named[0] for named in NAMED), *BOTS, ""])
def test_what_is_kept_of_a_user_agent_says_the_same_again(user_agent: str) -> None:
    kept = label(user_agent)
    assert families(kept) == families(user_agent)
    assert label(kept) == kept


@pytest.mark.parametrize("user_agent", BOTS)
def test_what_is_automated_is_a_bot(user_agent: str) -> None:
    assert families(user_agent).device == "bot"


@pytest.mark.parametrize(
    "user_agent",
    [f"Mozilla/5.0 (Linux; Android 9; {phone}) {APPLE} Chrome/138.0.0.0 Mobile Safari/537.36"
     for phone in ("CUBOT_X19", "CUBOT X30", "Cubot Note 20", "SM-G991B Build/Bottle")],
)  # fmt: skip
def test_a_phone_whose_maker_sounds_like_a_bot_is_a_phone(user_agent: str) -> None:
    assert families(user_agent).device == "mobile"


@pytest.mark.parametrize(
    "part", ["a", "(", "x;", "1.1.", "Android 10; ", "Mozilla/5.0 (Linux; ", "Version/1 ", "😀", "\0"]
)
def test_a_hostile_user_agent_is_read_as_far_as_an_honest_one_goes(part: str) -> None:
    """Its cost is that of its first characters, and what is remembered of it as well."""
    hostile = (part * 100_000)[:100_000]
    browsers._families.cache_clear()
    assert families(hostile) == families(hostile[: browsers.LONGEST])
    assert families(hostile + "other end") == families(hostile)
    assert browsers._families.cache_info().currsize == 1
    assert len(families(hostile).browser) <= 40


def test_nothing_is_read_before_a_user_agent_comes() -> None:
    """A process that meets none does not pay for the patterns."""
    code = "import sys; from events.values import browsers; print(sum('builtins.' in name for name in sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ran.stdout == "0\n"
    ran = subprocess.run(
        [sys.executable, "-c", code.replace("; print", "; browsers.families('x'); print")],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    assert ran.stdout != "0\n"
