"""Newer versions of the rules: names made anew, source lines, native stacks; no issue splits when the rules change."""

import uuid
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from events.issues import counting, grouping, merging
from events.issues.counting import Sighting
from events.issues.grouping import frames, made_names
from events.models import Issue, IssueGroup, Project
from events.tests import make


def error(*stack: dict[str, Any], platform: str = "python", kind: str = "E", value: str = "x") -> dict[str, Any]:
    exception = {"type": kind, "value": value, "stacktrace": {"frames": list(stack)}}
    return {"platform": platform, "exception": {"values": [exception]}}


PAY = {"module": "shop.views", "function": "pay", "in_app": True}
LAYER = {"filename": "/app/node_modules/express/lib/layer.js", "function": "Layer.handle", "in_app": False}
HANDLER = {"filename": "/app/src/app.js", "function": "?", "in_app": True}

# What two starts, builds or releases made of one name; the sources are the libraries' and languages' own documents.
MADE = {
    "Spring CGLIB": ("a.Svc$$EnhancerBySpringCGLIB$$1a2b3c4d", "a.Svc$$EnhancerBySpringCGLIB$$9f8e7d6c"),
    "Spring 6": ("a.Svc$$SpringCGLIB$$0", "a.Svc$$SpringCGLIB$$12"),
    "CGLIB with a counter": ("a.S$$EnhancerByCGLIB$$1a2b3c4d_2", "a.S$$EnhancerByCGLIB$$ab12cd34"),
    "CGLIB's fast class": ("a.S$$FastClassBySpringCGLIB$$1a2b3c4d", "a.S$$FastClassBySpringCGLIB$$5e6f"),
    "Guice": ("a.S$$EnhancerByGuice$$12345678", "a.S$$EnhancerByGuice$$ab345678"),
    "Javassist": ("a.User_$$_jvst1a2_3", "a.User_$$_jvstbc9_0"),
    "older Javassist": ("a.User_$$_javassist_12", "a.User_$$_javassist_7"),
    "Hibernate": ("a.User$HibernateProxy$aB3dE9f0", "a.User$HibernateProxy$Zz81kLmN"),
    "Byte Buddy": ("a.User$ByteBuddy$aB3dE9f0", "a.User$ByteBuddy$00xyzAAA"),
    "Mockito": ("a.User$MockitoMock$123456", "a.User$MockitoMock$98765432"),
    "lambda classes": ("a.S$$Lambda$14/0x0000000800c03000", "a.S$$Lambda$22/0x0000000801c04400"),
    "lambda classes of Java 21": ("a.S$$Lambda/0x000079ab4c001200", "a.S$$Lambda/0x00007f0011223344"),
    "lambda classes of Java 8": ("a.S$$Lambda$14/1234567890", "a.S$$Lambda$3/87654321"),
    "Android's lambda classes": ("a.-$$Lambda$Main$AbC-dE_1x", "a.-$$Lambda$Main$Zy9-QQ_7b"),
    "D8's lambda classes": ("a.Main$$ExternalSyntheticLambda0", "a.Main$$ExternalSyntheticLambda14"),
    "lambda forms": ("java.lang.invoke.LambdaForm$MH012/0x0000000800c03000", "java.lang.invoke.LambdaForm$MH/0x1"),
    "dynamic proxies": ("com.acme.$Proxy88", "com.acme.$Proxy91"),
    "dynamic proxies in a module": ("jdk.proxy2.$Proxy88", "jdk.proxy3.$Proxy9"),
    "dynamic proxies of two Javas": ("com.sun.proxy.$Proxy88", "jdk.proxy3.$Proxy9"),
    "reflection": ("jdk.internal.reflect.GeneratedMethodAccessor12", "jdk.internal.reflect.GeneratedMethodAccessor3"),
    "reflection of constructors": (
        "sun.reflect.GeneratedConstructorAccessor1",
        "sun.reflect.GeneratedConstructorAccessor22",
    ),
    "javac's accessors": ("access$000", "access$1102"),
    "Kotlin's lambdas": ("onCreate$lambda$0", "onCreate$lambda$3"),
    "Scala's closures": ("$anonfun$pay$1", "$anonfun$pay$12"),
    "JBoss": ("a.Svc$$$view12", "a.Svc$$$view3"),
    "OpenWebBeans": ("a.Svc$$OwbNormalScopeProxy0", "a.Svc$$OwbNormalScopeProxy4"),
    "Nashorn": (
        "jdk.nashorn.internal.scripts.Script$12$shop",
        "jdk.nashorn.internal.scripts.Script$Recompilation$7$shop",
    ),
    "Blade": (f"/srv/storage/framework/views/{'0a' * 20}.php", f"/srv/storage/framework/views/{'f9' * 20}.php"),
    "Twig's files": (f"/srv/cache/twig/0a/{'0a' * 32}.php", f"/srv/cache/twig/f9/{'f9' * 32}.php"),
    "ASP.NET pages": ("App_Web_ab12cd34.index", "App_Web_zz99yy88.index"),
    "PyInstaller": ("/tmp/_MEIab12/shop.py", "/tmp/_MEI99zz/shop.py"),
    "Groovy scripts": ("Script1", "Script77"),
    "Clojure": ("user$eval1234$fn__5678", "user$eval99$fn__1"),
    "Clojure's reify": ("shop.core$reify__1234", "shop.core$reify__77"),
    "Rails ERB": (
        "_app_views_orders_show_html_erb___1234567890123_45678",
        "_app_views_orders_show_html_erb__99887766_12",
    ),
    "Rails HAML": ("_app_views_orders_show_html_haml___123_456", "_app_views_orders_show_html_haml___9999_1"),
    "Ruby's singleton classes": ("#<Class:0x000055d0c1f0>.pay", "#<Class:0x00007f12ab34>.pay"),
    "Tilt": ("__tilt_70123456789000", "__tilt_70999999999999"),
    "PHP classes": (
        "class@anonymous\0/var/www/releases/20260101/app/x.php:12$0::handle",
        "class@anonymous\0/var/www/releases/20260202/app/x.php:14$1f::handle",
    ),
    "PHP classes without the NUL": (
        "class@anonymous/srv/a/x.php:12$0::handle",
        "class@anonymous/srv/b/x.php:12$0::handle",
    ),
    "PHP 7's classes": ("Job@anonymous\0/srv/a/x.php0x7f12ab34cd56", "Job@anonymous\0/srv/b/x.php0x7fffab34cd56"),
    "PHP classes on Windows": ("class@anonymous\0C:\\a\\x.php:12$0::run", "class@anonymous\0D:\\b\\x.php:7$3::run"),
    "PHP 8.4's closures in a method": ("{closure:Shop\\Cart::pay():12}", "{closure:Shop\\Cart::pay():48}"),
    "PHP 8.4's closures in a file": (
        "{closure:/srv/20260101/routes/web.php:12}",
        "{closure:/srv/20260202/routes/web.php:14}",
    ),
    "Twig": ("__TwigTemplate_1234abcd5678ef901234abcd5678ef90", "__TwigTemplate_0a0b0c0d0e0f00112233445566778899"),
    "Symfony's container": ("ContainerA1b2C3d\\getShopService", "ContainerZ9y8X7w\\getShopService"),
    "Symfony's ghosts": ("RequestPayloadValueResolverGhost01ca9cc", "RequestPayloadValueResolverGhost7ab32f1"),
    ".NET state machines": ("<PayAsync>d__12", "<PayAsync>d__14"),
    ".NET closures": ("<>c__DisplayClass12_0.<Pay>b__1", "<>c__DisplayClass3_1.<Pay>b__0"),
    ".NET local functions": ("<Pay>g__Inner|3_0", "<Pay>g__Inner|12_4"),
    ".NET dynamic methods": ("lambda_method47", "lambda_method3"),
    "Castle": ("Castle.Proxies.OrderProxy_1", "Castle.Proxies.OrderProxy_22"),
    "Rust": ("shop::pay::h0123456789abcdef", "shop::pay::hfedcba9876543210"),
    "GCC's clones": ("pay.constprop.0", "pay.isra.0.cold"),
    "clones in brackets": ("Cart::pay() [clone .cold]", "Cart::pay() [clone .isra.0] [clone .constprop.3]"),
    "lambda forms of Java 8": ("java.lang.invoke.LambdaForm$DMH.1234567", "java.lang.invoke.LambdaForm$DMH.77"),
    "Spring's expressions": ("spel.Ex2", "spel.Ex15"),
    "Spark": (
        "sql.catalyst.expressions.GeneratedClass$GeneratedIteratorForCodegenStage1",
        "sql.catalyst.expressions.GeneratedClass$GeneratedIteratorForCodegenStage7",
    ),
    "Symfony's files": (
        "/app/var/cache/prod/ContainerAbCdEfx/getShop.php", "/app/var/cache/prod/ContainerZ9kL2mn/getShop.php",
    ),
    "attrs": ("<attrs generated init shop.Cart-12>", "<attrs generated init shop.Cart>"),
    "PyTorch's graphs": ("<eval_with_key>.12", "<eval_with_key>.3"),
    "PyTorch's kernels": ("/tmp/torchinductor_bob/ab/cabc1234.py", "/tmp/torchinductor_root/x7/cxyz9876.py"),
    "notebooks": ("<ipython-input-12-a1b2c3d4e5f6>", "<ipython-input-3-00ff00ff00ff>"),
    "addresses": ("handler_0x7f12ab34", "handler_0x55d0c1f0"),
}  # fmt: skip
AS_WRITTEN = [
    "pay", "pay_v2", "utf_8_decode", "sha256", "a.Cart$1", "a.Cart$Item", "main.(*Server).serve.func1",
    "facade_deadbeef",
    "step_2", "-[Shop pay]", "operator==", "io.shop.V2Client", "Shop\\Cart", "{closure}", "block (2 levels) in pay",
    "$scope", "a.b$c$2", "__init__", "Foo@bar", "md5_hex", "OrderProxy", "PageContainer",
    "/srv/cache/prod/ContainerBuild/x.php", "[clone]", "pay.coldstart", "spel.Expression", "attrs generated-1",
    "App_Webshop", "Cart_order_Impl", "access$",
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), MADE.values(), ids=MADE)
def test_a_name_made_anew_is_one_name_in_functions_and_in_modules(first: str, second: str) -> None:
    assert made_names.written(first) == made_names.written(second) != ""
    for field in ("module", "function"):
        one, two = (error({"function": "f", "in_app": True, field: name}, platform="java") for name in (first, second))
        assert grouping.group(one).hash == grouping.group(two).hash


@pytest.mark.parametrize("name", AS_WRITTEN)
def test_a_name_that_somebody_wrote_stays(name: str) -> None:
    assert made_names.written(name) == name


def test_what_stood_beside_a_made_part_still_tells_names_apart() -> None:
    wrote = [first for first, _ in MADE.values()]
    assert made_names.written("a.Pay$$SpringCGLIB$$0") != made_names.written("a.Ship$$SpringCGLIB$$0")
    assert made_names.written("lambda$pay$0") != made_names.written("lambda$ship$0")
    assert made_names.written("a.-$$Lambda$Pay$AbC-dE_1x") != made_names.written("a.-$$Lambda$Ship$AbC-dE_1x")
    assert len({made_names.written(name) for name in wrote}) > len(wrote) - 6  # Java's proxies and lambdas are few


APART = {
    "anonymous handlers over a named library": (
        error(LAYER, HANDLER, platform="node", value="stock is empty"),
        error(LAYER, HANDLER, platform="node", value="card was declined"),
    ),
    "nameless frames of compiled programs": (
        error({"package": "/app/shop", "instruction_addr": "0x10"}, platform="native", value="null pointer"),
        error({"package": "/app/shop", "instruction_addr": "0x20"}, platform="native", value="bad cast"),
    ),
    "two raises in one function": (
        error(PAY | {"context_line": "    raise Refused('no card')"}),
        error(PAY | {"context_line": "    raise Refused('no stock')"}),
    ),
    "two checksums": ({"checksum": "1" * 32, "message": "a"}, {"checksum": "2" * 32, "message": "a"}),
    "two codes of an NSError": tuple(
        {"exception": {"values": [{"mechanism": {"meta": {"ns_error": {"domain": "Shop", "code": code}}}}]}}
        for code in (2, 3)
    ),
    "two threads that crashed": tuple(
        {"platform": "native", "exception": {"values": [{"type": "SIGABRT", "value": "abort"}]}, "threads": {"values": [
            {"id": n, "crashed": n == crashed, "stacktrace": {"frames": [{"function": f"work_{n}"}]}} for n in range(80)
        ]}}
        for crashed in (70, 79)
    ),
}  # fmt: skip
TOGETHER = {
    "one source line, set in another way": (
        error(PAY | {"context_line": "    raise Refused('no card')"}),
        error(PAY | {"context_line": "\traise  Refused('no card')  "}),
    ),
    "source lines of callers": (
        error(PAY | {"context_line": "a()"}, PAY | {"function": "b", "context_line": "raise"}),
        error(PAY | {"context_line": "c()"}, PAY | {"function": "b", "context_line": "raise"}),
    ),
    "source lines of libraries": (
        error(PAY, {"module": "lib", "function": "f", "in_app": False, "context_line": "raise A"}),
        error(PAY, {"module": "lib", "function": "f", "in_app": False, "context_line": "raise B"}),
    ),
    "lines too long to be written by hand": (
        error(PAY | {"context_line": "a" * 121}), error(PAY | {"context_line": "b" * 121}),
    ),
    "lines that an SDK cut": (
        error(PAY | {"context_line": "{snip} a"}), error(PAY | {"context_line": "{snip} b"}),
    ),
    "a full stack, which may end at any line": (
        error(PAY | {"context_line": "walk(a)"}, kind="RecursionError"),
        error(PAY | {"context_line": "if a:"}, kind="RecursionError"),
    ),
    "one checksum": ({"checksum": "1" * 32, "message": "a"}, {"checksum": "1" * 32, "fingerprint": ["b"]}),
    "one page on several disks": tuple(
        error({"function": "aha", "abs_path": path, "filename": path.removeprefix("file://"), "in_app": False},
              platform="javascript")
        for path in ("file:///pages/t.html", "file://mac/Home/Desktop/t.html", "file:///C:/Users/ann/t.html?x#y")
    ),
    "one packed application on several disks": tuple(
        error({"function": "pay", "filename": path}, platform="javascript")
        for path in ("file:///C:/Users/ann/App/resources/app.asar/dist/main.js",
                     "file:///opt/Shop/resources/app.asar/dist/main.js",
                     "file:///Applications/Shop.app/Contents/Resources/app.asar/dist/main.js")
    ),
    "one native crash on two versions of a system": tuple(
        error({"function": "Cart::pay", "package": "/app/bin/shop"}, {"function": inner, "package": package},
              platform="native")
        for inner, package in (("abort", "/usr/lib/system/libsystem_c.dylib"),
            ("raise", "/lib/x86_64-linux-gnu/libc.so.6"))
    ),
    "one library of two versions": tuple(
        error({"function": "pay", "package": path}, platform="native")
        for path in ("/a/libshop.so.1.2", "/b/libshop.so.3")
    ),
}  # fmt: skip


@pytest.mark.parametrize("events", APART.values(), ids=APART)
def test_these_are_several_issues(events: tuple[dict[str, Any], ...]) -> None:
    assert len({grouping.group(event).hash for event in events}) == len(events)


@pytest.mark.parametrize("events", TOGETHER.values(), ids=TOGETHER)
def test_these_are_one_issue(events: tuple[dict[str, Any], ...]) -> None:
    assert len({grouping.group(event).hash for event in events}) == 1


SYSTEM = [
    "/usr/lib/system/libsystem_kernel.dylib", "/System/Library/Frameworks/UIKit.framework/UIKit",
    "C:\\Windows\\System32\\ntdll.dll",
    "/lib/x86_64-linux-gnu/libc.so.6", "/apex/com.android.runtime/lib64/bionic/libc.so", "/system/lib64/libart.so",
    "UIKitCore", "KERNEL32.DLL", "linux-vdso.so.1", "libstdc++.so.6", "/usr/lib/swift/libswiftCore.dylib",
    "libc-2.31.so",
    "/Applications/Xcode.app/Contents/Developer/Platforms/x/y", "C:\\Windows\\WinSxS\\amd64\\comctl32.dll",
    "ucrtbase.dll",
]  # fmt: skip
OWN = [
    "/app/bin/shop", "/private/var/containers/Bundle/Application/A1/Shop.app/Shop",
    "/data/app/~~x/com.shop/lib/arm64/libshop.so",
    "C:\\Program Files\\Shop\\shop.exe", "/home/ann/build/libcart.so", "Shop", "shop.dll",
    "/opt/shop/lib/libpay.so.2", "",
]  # fmt: skip


@pytest.mark.parametrize(("package", "own"), [*((p, False) for p in SYSTEM), *((p, True) for p in OWN)])
def test_libraries_of_the_system_are_not_the_application(package: str, own: bool) -> None:
    found = frames.frame({"function": "Cart::pay", "package": package}, platform="native")
    told = frames.frame({"function": "Cart::pay", "package": package, "in_app": not own}, platform="native")
    assert found
    assert told
    assert (found.in_app, told.in_app) == (own, not own)


NAMES = [
    (error({"function": "Cart::pay", "package": "/app/shop"}, {"function": "abort", "package": "/usr/lib/libc.so"},
           platform="native"), "E: x", "Cart::pay"),
    (error({"function": "-[Shop pay]", "package": "/A.app/A", "in_app": True}, platform="cocoa"),
     "E: x", "-[Shop pay]"),
    (error({"package": "/app/shop"}, platform="native"), "E: x", "shop"),
    ({"exception": {"values": [{"mechanism": {"meta": {"ns_error": {"domain": "Shop.Basket", "code": 2}}}}]}},
     "Shop.Basket: Code 2", ""),
    ({"exception": {"values": [{"mechanism": {"meta": {"mach_exception": {"name": "EXC_BAD_ACCESS"}}}}]}},
     "EXC_BAD_ACCESS", ""),
    ({"exception": {"values": [{"mechanism": {"meta": {"signal": {"number": 11}}}}]}}, "signal 11", ""),
    ({"platform": "cocoa", "message": "threads only", "threads": {"values": [
        {"id": 0, "stacktrace": {"frames": [{"function": "wait"}]}},
        {"id": 1, "current": True, "stacktrace": {"frames": [{"function": "capture"}]}}]}}, "threads only", "capture"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "title", "culprit"), NAMES)
def test_native_events_have_names(event: dict[str, Any], title: str, culprit: str) -> None:
    found = grouping.group(event)
    assert (found.title, found.culprit) == (title, culprit)


def test_an_invented_type_and_a_nameless_function_leave_the_message_as_the_title() -> None:
    event = error(LAYER, HANDLER, platform="node", value="disk nearly full")
    event["exception"]["values"][0]["mechanism"] = {"synthetic": True}
    assert grouping.group(event).title == "disk nearly full"


# Made by version 1 itself, before there was another.
OF_VERSION_1 = [
    (error(PAY | {"context_line": "raise E"}), "7c5c009236114cbde4c8732c7bae1c20"),
    (
        error({"module": "a.Svc$$EnhancerBySpringCGLIB$$1a2b3c4d", "function": "lambda$run$17", "in_app": True},
              platform="java"),
        "22a8e26cc0ca39965b1f11af739990ad",
    ),
    (
        error({"filename": "/app/node_modules/x/y.js", "function": "handle", "in_app": False},
              HANDLER, platform="node"),
        "f0c41008eba5c50336800073f1119d52",
    ),
    (
        error({"function": "main", "package": "/app/bin/shop"}, {"function": "abort", "package": "/usr/lib/libc.so"},
              platform="native"),
        "958dfb772faaffebf2fd1a2ef94ff515",
    ),
    ({"checksum": "1", "message": "Dogs"}, "112ba50d6fb97dbd634a208f1757f980"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "old"), OF_VERSION_1)
def test_the_hash_of_version_1_is_known_where_the_rules_differ(event: dict[str, Any], old: str) -> None:
    assert [hashed.hex() for hashed in grouping.earlier(event)] == [old]


def test_where_the_rules_agree_the_hash_is_the_same() -> None:
    assert grouping.group(error(PAY)).hash.hex() == OF_VERSION_1[0][1]
    assert grouping.earlier(error(PAY)) == grouping.earlier({"message": "a"}) == grouping.earlier(None) == ()


def sighting(project: Project, event: dict[str, Any], now: datetime, *, user: int = 1) -> Sighting:
    return Sighting(
        project_id=project.pk, event_id=uuid.uuid4(), grouping=grouping.group(event), at=now, received_at=now,
        environment="production", release="", platform="python", user_key=user, payload=b"x",
        earlier=partial(grouping.earlier, event),
    )  # fmt: skip


def of_version_1(project: Project, event: dict[str, Any], **fields: Any) -> Issue:
    issue = make.issue(project, groups=0, users=(1,), **fields)
    Issue.objects.filter(pk=issue.pk).update(event_count=3)
    make.group(issue, events=3, users=(1,), hash=uuid.UUID(bytes=grouping.earlier(event)[0]))
    return issue


@pytest.mark.parametrize("event", [event for event, _ in OF_VERSION_1])
def test_an_issue_does_not_split_when_the_rules_change(project: Project, now: datetime, event: dict[str, Any]) -> None:
    issue = of_version_1(project, event)
    counting.record([sighting(project, event, now), sighting(project, event, now, user=2)], now=now)
    counting.record([sighting(project, event, now, user=3)], now=now)
    assert list(Issue.objects.all()) == [issue]
    issue.refresh_from_db()
    assert (issue.event_count, issue.user_count) == (6, 3)
    assert [(g.version, g.event_count) for g in IssueGroup.objects.order_by("pk")] == [(1, 3), (grouping.VERSION, 3)]


def test_several_new_groups_join_one_issue_of_old_and_can_be_taken_out(
    project: Project, alice: Any, now: datetime
) -> None:
    events = [error(PAY | {"context_line": f"raise {name}"}) for name in ("A", "B")]
    issue = of_version_1(project, events[0])
    counting.record([sighting(project, event, now) for event in events], now=now)
    assert IssueGroup.objects.filter(issue=issue, version=grouping.VERSION).count() == 2
    taken = IssueGroup.objects.get(hash=uuid.UUID(bytes=grouping.group(events[1]).hash))
    new = merging.unmerge(taken, actor=alice, now=now)
    counting.record([sighting(project, event, now) for event in events], now=now)
    assert {one.pk: one.event_count for one in Issue.objects.all()} == {issue.pk: 5, new.pk: 2}


def test_it_follows_an_issue_of_old_into_the_one_it_was_merged_into(
    project: Project, alice: Any, now: datetime
) -> None:
    event = error(PAY | {"context_line": "raise A"})
    issue, other = of_version_1(project, event), make.issue(project)
    merging.merge([issue], into=other, actor=alice, now=now)
    counting.record([sighting(project, event, now)], now=now)
    assert list(Issue.objects.all()) == [other]


def test_an_error_like_that_in_another_project_is_an_issue_of_its_own(project: Project, now: datetime) -> None:
    event = error(PAY | {"context_line": "raise A"})
    issue = of_version_1(project, event)
    other = Project.objects.create(slug="other", name="Other")
    counting.record([sighting(other, event, now), sighting(project, event, now)], now=now)
    assert Issue.objects.filter(project=other).count() == 1
    assert list(Issue.objects.filter(project=project)) == [issue]
