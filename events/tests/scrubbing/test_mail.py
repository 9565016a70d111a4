r"""Addresses as RFC 5322, RFC 6531 and the test sets of others write them; and what only has an @ in it.

From RFC 5322 (appendix A), RFC 3696 (with its errata), the test set of isemail and that of email-validator.
"""

import pytest

from events.scrubbing import scrub_text

ADDRESSES = [
    "simple@example.com", "very.common@example.com", "x@example.com", "user.name+tag+sorting@example.com",
    "long.email-address-with-hyphens@and.subdomains.example.com", "user%example.com@example.org", "user-@example.org",
    "_somename@example.com", "o'hare@example.com", "first.last@sub.do.com", "test@nominet.org.uk", "TEST@Example.De",
    "x@x23456789.x23456789.com", "bob@example.photography", "smith@home.example", "jdoe@machine.example",
    '"Fred Bloggs"@example.com', '"joe.q.public"@example.com', '"quoted with space"@example.com',
    '"first(last)"@a.example',
    r'"Abc\@def"@example.com', r'"first\"last"@example.org', r'"joe\\blow"@example.net',
    '"quoted.with.at@"@example.com',
    r'"very.(),:;<>[]\".VERY.\"very@\\ \"very\".unusual"@strange.example.com', r"\"john doe\"@example.com",
    "postmaster@[123.123.123.123]", "user@[IPv6:2001:0db8:85a3:0000:0000:8a2e:0370:7334]", "me@[IPv6:::1]",
    "伊昭傑@郵件.商務", "राम@मोहन.ईन्फो", "юзер@екзампл.ком", "θσερ@εχαμπλε.ψομ", "葉士豪@臺網中心.tw",
    "jeff@臺網中心.tw",
    "чебурашкаящик-с-апельсинами.рф@example.net", "उदाहरण.परीक्ष@domain.with.idn.net", "ιωάννης@εεττ.gr",
    "bob@xn--bcher-kva.example", "bob@xn--j6w193g.xn--vermgensberatung-pwb", "bob%40example.com", "bob%2540example.com",
    r"bob\u0040example.com", r"bob\x40example.com", "bob&#64;example.com", "bob&#x40;example.com", "bob＠example.com",
    "bob%40example%2Ecom", "zhang@163.com", "wang@126.com", "li@21cn.com", "q@qq.com",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "place",
    ["{}", "to {}, please", "Bob <{}>", "mailto:{}?subject=x", "'{}'", "`{}`", "({})", "to={}&x=1", "rcpt to:<{}> 550",
     "a;{};b"],
)  # fmt: skip
def test_an_address_goes_and_all_around_it_stays(address: str, place: str) -> None:
    assert scrub_text(place.format(address)) == place.format("[email]")


@pytest.mark.parametrize(
    ("text", "clean"),
    [("email:'a@shop.example', owner='blue'", "email:'[email]', owner='blue'"),
     ('{"email":"a@host.internal"}', '{"email":"[email]"}'), ("mailto:a@intra.corp", "mailto:[email]"),
     ("Bob <a@intra.lan>", "Bob <[email]>"), ("e-mail: a@host.internal", "e-mail: [email]"),
     ("联系 a@foo.com谢谢", "联系 [email]谢谢"), ("a@shop.example.", "[email]."), ("a@b.example:25", "[email]:25"),
     ("a@shop.example(Ann)", "[email](Ann)"), ("ssh anna@host.example.com", "ssh [email]"),
     ("Pete <pete@silly.test>, c@public.example", "Pete <[email]>, [email]"), ("x='a@b.example'OR y",
     "x='[email]'OR y")],
)  # fmt: skip
def test_signs_beside_an_address_are_kept_and_a_word_before_it_vouches_for_its_domain(text: str, clean: str) -> None:
    assert scrub_text(text) == clean


@pytest.mark.parametrize(
    "text",
    ["git@github.com:acme/shop.git", "ssh://git@github.com/x", "git+ssh://git@gitlab.example.com/x/y.git", "foo@1.2.3",
     "@scope/pkg@1.0", "@types/node@20.11.5", "icon@2x.png", "logo@3x.webp", "bg@1.5x.jpg", '@app.route("/x")',
     "@pytest.mark.parametrize", "q@k.to(device)", "a = q@k.transpose(1, 2)", "user@localhost", "user@1000.service",
     "getty@tty1.service", "lodash@4.17.21/index.js", "com.foo.Bar@1a2b3c4d", "handleClick@http://localhost/app.js:12:3",
     "celery@worker1.example.com ready", "rabbit@node1.cluster.local", "deploy@web-1.example.com:/srv/app",
     '"user":"@handle.com"', '["x","@scope.com/pkg"]', "pkg@npm:1.0.0", "image@v1.2.3", "@media (min-width: 3em)",
     "foo@main.rs:12", "run@task.py:33", "vue@3.4.21.tgz", "react-dom@18.2.0-rc.1", "user@unit.target",
     "@@global.sql_mode",
     "https://www.youtube.com/@handle.tv", "golang.org/x/net@v0.17.0/http2.go:123", "HEAD@{1}", "a@b",
     "render@webpack-internal:///./src/App.tsx:10:5", "docker.io/app@sha256:9f86d081884c7d65", "foo@bar.baz.qux"],
)  # fmt: skip
def test_a_version_a_decorator_a_file_or_a_machine_s_account_is_no_address(text: str) -> None:
    assert scrub_text(text) == text
