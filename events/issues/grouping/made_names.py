"""Names that are made anew at each start or each build, brought back to what their author wrote.

A proxy class carries a hash, a hidden class an address, a compiled template a number: with them the same line of code
would be another issue after every restart. What tells two pieces of code apart stays.
"""

from functools import lru_cache

import re2

# One after another, over modules, functions and types of every platform but scripts. Facts come from the documentation
# and sources of what makes the names.
_RULES: tuple[tuple[str, str], ...] = (
    # The JVM: CGLIB and Spring, Javassist, Hibernate, Byte Buddy, Mockito, reflection, hidden classes.
    (r"(\$\$(?:Enhancer|FastClass|KeyFactory|BulkBean|MethodProxy|MockBy|Mockito)\w*?\$\$)[0-9a-f]+(?:_\d+)?", r"\1"),
    (r"(\$\$SpringCGLIB(?:\$\$FastClass)?\$\$)\d+", r"\1"),
    (r"(_\$\$_)(?:jvst|javassist|WeldClientProxy|WeldSubclass)\w*", r"\1"),
    (r"(\$(?:Hibernate(?:\w*Proxy|Instantiator|AccessOptimizer|BasicProxy)|ByteBuddy|MockitoMock|auxiliary|jooq"
     r"|Subclass))\$[0-9A-Za-z]+", r"\1"),
    (r"\bjdk\.proxy\d+\b", "jdk.proxy"),
    (r"\bcom\.sun\.proxy\b", "jdk.proxy"),
    (r"(\$Proxy)\d+", r"\1"),
    (r"((?:Generated(?:Serialization)?(?:Method|Constructor)|MethodHandle|Bytecode\w*)Accessor)(?:Impl)?\d+", r"\1"),
    (r"(-?\$\$Lambda\$[A-Za-z_]\w*)\$[\w-]+", r"\1"),
    (r"(-?\$\$Lambda)(?:\$\d\w*)?(?:[./](?:0x)?[0-9a-f]+)?", r"\1"),
    (r"(\$\$(?:ExternalSyntheticLambda|InternalSyntheticLambda\$\d+\$[0-9a-f]+\$|Nest\$))\d+", r"\1"),
    (r"(LambdaForm\$[A-Za-z]+)\d*(?:[./](?:0x)?[0-9a-f]+)?", r"\1"),
    (r"\b(lambda\$(?:\w+\$)?)[0-9a-f]*\d[0-9a-f]*(?:\$\d+)?", r"\1"),
    (r"\b(access\$)\d+\b", r"\1"),
    (r"(\$anonfun\$[A-Za-z_]\w*\$)\d+", r"\1"),
    (r"(\$\$\$(?:view|endpoint)|\$\$Owb\w*?Proxy|\b_pyx)\d+", r"\1"),
    (r"(scripts\.Script\$)(?:Recompilation\$)?\d+\w*", r"\1"),
    (r"/0x[0-9a-f]{6,}", ""),
    (r"(^|[.$])(Script|GeneratedClass|SpelExpr|GeneratedEvaluator|GeneratedIteratorForCodegenStage)\d+\b", r"\1\2"),
    (r"\b(spel\.Ex)\d+\b", r"\1"),
    (r"(\$line)\d+(\.\$read|\$)", r"\1\2"),
    # Clojure's gensyms, Rails' templates and callbacks.
    (r"\b(eval|G__|reify__|fn__|p1__)\d+", r"\1"),
    (r"(_(?:erb|haml|slim|builder|jbuilder|ruby|rhtml|rabl|arb|axlsx|prawn|liquid|mab))_{2,}\d+_\d+", r"\1"),
    (r"\b(_callback_(?:before|after|around))_\d+", r"\1"),
    (r"#<(?:Class|Module):0x[0-9a-f]+>", "#<Class>"),
    # PHP: anonymous classes carry a file, a line and a counter; closures since 8.4 a file or a line.
    (r"@anonymous(?:\W?(?:[A-Za-z]:)?[\\/].*?(?:(?::\d+)?\$[0-9a-f]+|0x[0-9a-f]+)|\x00.*?(?:\$[0-9a-f]+|$)"
     r"|\W?(?:[A-Za-z]:)?[\\/][^\n]*$)", "@anonymous"),
    (r":\d+\}", "}"),
    (r"((?:^|\\)Container)[0-9A-Za-z]{7}(\\)", r"\1\2"),
    (r"(cache[\\/]\w+[\\/]Container)[0-9A-Za-z]{7}([\\/])", r"\1\2"),
    (r"(__TwigTemplate_|Ghost|Proxy|Generated|smarty_template_|content_)[0-9A-Za-z]*?[0-9a-f]{7,}"
     r"(?:_\d{5,})?\b", r"\1"),
    (r"(^|[/\\])(?:[0-9a-f]{2}[/\\])?[0-9a-f]{32,64}(_\d+\.|\.)", r"\1<hash>\2"),  # compiled templates
    # .NET: state machines, closures, local functions, dynamic methods and proxies.
    (r"(<[^<>\n]*>[a-z]__?)\d+(?:_\d+)?", r"\1"),
    (r"(DisplayClass)\d+(?:_\d+)?", r"\1"),
    (r"(\w\|)\d+_\d+\b", r"\1"),
    (r"\b(lambda_method|AnonymousType|DynamicClass|XmlSerialization(?:Reader|Writer))\d+", r"\1"),
    (r"(\bDynamicProxies\.\w+?)_[0-9A-F]{32,}", r"\1"),
    (r"(Castle\.Proxies\.\w+?Proxy)_\d+", r"\1"),
    (r"\b(App_(?:Web|Code))[_.][0-9a-z]{8}\b", r"\1"),
    (r"\b(Regex)\d+(_\w+)", r"\1\2"),
    # Rust, C, C++, Objective-C and Swift: what compilers and linkers add to a symbol.
    (r"::h[0-9a-f]{16}\b", ""),
    (r"\[[0-9a-f]{8,16}\]", ""),
    (r"(?:\.(?:llvm|part|isra|constprop|lto_priv|cold|clone|__uniq|resume|destroy|cleanup)(?:\.\d+)*)+$", ""),
    (r"(?: \[clone [^\]]*\])+$", ""),
    (r"(_block_invoke(?:_\d+)?)\.\d+$", r"\1"),
    # Python: notebooks, decorators and templates compiled at run time.
    (r"<(ipython-input|decorator-gen|doctest|console|stdin|template|eval)[-_ ]\d+[^>]*>", r"<\1>"),
    (r"(<attrs generated [^>]*?)-\d+>", r"\1>"),
    (r"(<eval_with_key>)\.\d+", r"\1"),
    (r"\btorchinductor_\w+[/\\]\w{2}[/\\]c\w+", "torchinductor"),
    (r"\b_MEI[0-9A-Za-z]+", "_MEI"),
    (r"\bipykernel_\d+[/\\]\d+", "ipykernel"),
    (r"\b(memory:)0x[0-9a-f]+", r"\1"),
    # Whatever else: addresses, long runs of hexadecimal digits behind a separator, counters.
    (r"0x[0-9a-f]+", "0x"),
    (r"(__)\d+(?:_\d+)*(__|$|\W)", r"\1\2"),
    (r"([_$@-])\d{6,}\b", r"\1"),
)  # fmt: skip
# What only compiled programs have: offsets into a function, IL2CPP's hashes, lambdas of MSVC and clang, Dart's two
# words for a closure, what Swift puts before a function's name.
_OF_COMPILERS: tuple[tuple[str, str], ...] = (
    (r"\s?\+\s?(?:0x[0-9a-fA-F]+|\d+)$", ""),
    (r"_m(?:[0-9A-F]{40}|\d{8,10})((?:_\w+)?)$", r"\1"),
    (r"<lambda_[0-9a-f]{32}>", "<lambda_>"),
    (r"(::\$_)\d+", r"\1"),
    (r"(?:\.<anonymous closure>|\.<fn>)+", ".<fn>"),
    (r"^<anonymous closure>$", "<fn>"),
    (r"^\(\d+\) (?:await|suspend) resume partial function for ", ""),
    (r"^(?:(?:specialized|merged|@objc|partial apply(?: forwarder)? for|closure context of) )+", ""),
)
_BY_COMPILERS = tuple((re2.compile(pattern), with_) for pattern, with_ in _OF_COMPILERS)
_COMPILED = tuple((re2.compile(pattern), with_) for pattern, with_ in _RULES)
_HEX = re2.compile(r"([_$@-])([0-9a-f]{8,})\b")
_CLOSURE = re2.compile(r"\{closure:((?:[A-Za-z]:)?[\\/][^{}]*)\}")
# Nothing above changes a name without a digit, a `$`, a NUL, `@`, a clone's name or a folder of caches.
_MADE = re2.compile(r"[0-9$@\x00]| \[clone |\.cold\b|cache[\\/]")


@lru_cache(maxsize=8192)
def written(name: str) -> str:
    """The name as its author wrote it: `Svc$$EnhancerBySpringCGLIB$$1a2b3c4d` -> `Svc$$EnhancerBySpringCGLIB$$`."""
    if not _MADE.search(name):
        return name if "{closure:" not in name else _CLOSURE.sub(_file_of_closure, name)
    for pattern, with_ in _COMPILED:
        name = pattern.sub(with_, name)
    name = _HEX.sub(_without_hex, name)
    return _CLOSURE.sub(_file_of_closure, name) if "{closure:" in name else name


@lru_cache(maxsize=8192)
def compiled(function: str) -> str:
    """A function without what a compiler, linker or optimiser put to its name; "" for an offset alone."""
    function = function.strip()
    if function.isdecimal():
        return ""
    for pattern, with_ in _BY_COMPILERS:
        function = pattern.sub(with_, function)
    return function


def _without_hex(found: "re2._Match[str]") -> str:
    digits = found.group(2)
    return str(found.group(1)) if any(c.isdigit() for c in digits) else str(found.group())


def _file_of_closure(found: "re2._Match[str]") -> str:
    """A closure is named after its file, which stands in another folder in each release."""
    return f"{{closure:{found.group(1).replace(chr(92), '/').rsplit('/', 1)[-1]}}}"
