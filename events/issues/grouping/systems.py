"""What of a native stack is the system's own: SDKs of compiled programs leave that to the server.

The tables follow the default rules of Sentry's documentation (Stack Trace Rules, `family:native`) and the places where
Apple's systems, Linux, Android and Windows keep their libraries.
"""

from functools import lru_cache

import re2

_FOLDERS = re2.compile(
    r"(?i)^(?:/usr/(?:local/)?(?:lib(?:exec)?|lib32|lib64|share|sbin|bin)/|/lib(?:32|64|x32)?/|/System/|/Library/(?:Apple|Developer|Frameworks)/"
    r"|/Developer/|/apex/|/system(?:_ext)?/(?:lib(?:64)?|framework|bin|app|priv-app)/|/vendor/lib(?:64)?/|/product/lib"
    r"|/data/dalvik-cache/|/data/misc/apexdata/|/nix/store/[^/]+-glibc|/snap/core|/rustc/|/private/preboot/"
    r"|[A-Z]:[\\/](?:Windows|WINNT|Program Files(?: \(x86\))?[\\/](?:dotnet|Common Files|Windows))[\\/])"
    r"|/(?:CoreSimulator|Developer/(?:Library|Platforms|Toolchains)|iPhoneSimulator\.platform|Xcode\.app)/"
    r"|\.simruntime/|[\\/](?:winsxs|system32|syswow64|driverstore)[\\/]"
    r"|/Frameworks/(?:libswift[\w.]*\.dylib|Sentry(?:Swift)?\.framework|KSCrash|libclang_rt)"
)
_FILES = re2.compile(
    r"(?i)(?:^|[\\/])(?:"
    r"(?:libc|libm|libdl|librt|libpthread|libutil|libgcc_s|libstdc\+\+|libc\+\+(?:abi)?|libunwind|libresolv|libnsl"
    r"|ld-linux[\w-]*|ld-musl[\w-]*|libc\.musl[\w-]*|linux-gate|linux-vdso\d*|libobjc|libdispatch|libdyld|libxpc"
    r"|libsystem_\w+|libswift\w+|libicucore|libsqlite3|libart|libdvm|libandroid\w*|libbinder|libutils|libhwui|libgui"
    r"|liblog|libcutils|libnativehelper|libbase|libart-compiler|linker(?:64)?|app_process(?:32|64)?)"
    r"(?:\.[A-Z]?\.?dylib|\.so(?:\.[\d.]+)?|-[\d.]+\.so|\.\d[\w.]*\.dylib)?"
    r"|(?:ntdll|kernel32|kernelbase|user32|gdi32(?:full)?|win32u|advapi32|shell32|ole32|oleaut32|combase|rpcrt4|sechost"
    r"|ws2_32|msvcrt|msvcp\d+\w*|vcruntime\d+\w*|ucrtbased?|concrt\d+|clr|clrjit|coreclr|mscorwks|hostfxr|hostpolicy"
    r"|d3d\d+\w*|dxgi|nvwgf2\w*|nvoglv\d+|atidxx\d+|amdxx\d+|igd\w+)\.(?:dll|drv|exe)"
    r"|dyld(?:_sim)?|UIKit(?:Core)?|CoreFoundation|Foundation|AppKit|CFNetwork|GraphicsServices|QuartzCore|SwiftUI"
    r"|CoreData|CoreAutoLayout|HIToolbox|FrontBoardServices|BackBoardServices|WebKit|JavaScriptCore|Metal|Combine"
    r"|\[vdso\]|\[vsyscall\]|\[stack\])$"
)
# Standard libraries are often linked into the program itself, so that no library tells them apart.
_RUNTIME = re2.compile(
    r"^(?:<?(?:std|core|alloc)::|rust_(?:begin_unwind|panic)|_?_rust_|__cxa_|__cxxabiv1::|_Unwind_|__scrt_"
    r"|_?_?libc_start|objc_msgSend|objc_exception_|swift_(?:once|release|retain|unexpectedError)|_swift_runtime"
    r"|BaseThreadInitThunk|RtlUserThreadStart|KiUserExceptionDispatch|_CxxThrowException)"
)
# Names that a program could have given as well: they tell only where no library is named.
_FUNCTIONS = re2.compile(
    r"^(?:_?_?_?pthread_|__GI_|_?start_thread$|_?_?clone\d?$|_?start$|abort$|raise$|kill$|gsignal$|__assert"
    r"|_?_?sigtramp$|__restore_rt|_objc_|_?dispatch_|_?_CF[A-Z]|_?_NS[A-Z]|[-+]\[(?:NS|UI|CA|WK|_UI)[A-Z]|Rtl[A-Z]"
    r"|RaiseException$|terminate$|_?invoke_main$)"
)
_FAMILY = frozenset({"native", "c", "cocoa", "objc", "swift", "rust"})
_NAMELESS = re2.compile(
    r"^(?:\?+|<(?:unknown|redacted|deduplicated_symbol|anonymous|compiler-generated|hidden)>|\(unknown\)|unknown"
    r"|null|__unknown__|\[unknown\]|sub_[0-9A-Fa-f]+|FUN_[0-9a-f]+|(?:0x)?[0-9a-fA-F]{6,16}|0x[0-9a-fA-F]*)$"
)
_SUFFIX = re2.compile(r"(\.(?:so|dylib))[\d.]*$|-?(?:\d+\.)+\d+$")


def is_system(package: str, function: str, *, platform: str) -> bool:
    """Whether a frame that nobody marked belongs to the system: by its library, or by what only runtimes define."""
    if package and (_FOLDERS.search(package) or _FILES.search(package)):
        return True
    if platform not in _FAMILY:
        return False
    return bool(_RUNTIME.match(function)) or (not package and bool(_FUNCTIONS.match(function)))


_BUILD_ID = re2.compile(
    r"^(?:[0-9A-Fa-f]{32,40}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}(?:-[0-9A-Fa-f]{1,8})?)$"
)


@lru_cache(maxsize=4096)
def is_build_id(module: str) -> bool:
    """Whether a module is the id of a build, which consoles send in place of a name: another one in each build."""
    return bool(_BUILD_ID.match(module))


def is_nameless(function: str) -> bool:
    """Whether this stands where a name would: a question mark, an address, a word for "unknown"."""
    return not function or bool(_NAMELESS.match(function))


def library(package: str) -> str:
    """A library by its file's name without version and folder: `/opt/x/libshop.so.1.2` -> `libshop.so`."""
    name = package.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].rsplit("!", 1)[-1]
    return str(_SUFFIX.sub(r"\1", name))
