"""Lists that others maintain: top-level domains (IANA root zone) and the lengths of IBANs (SWIFT registry)."""


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# Every country code and the generic names in use; `zip` and `mov` are file types far more often than domains.
_COUNTRIES = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc "
    "cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga "
    "gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp "
    "ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms "
    "mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro "
    "rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt "
    "tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw "
)
_GENERIC = (
    "academy accountant aero africa agency amazon amsterdam apartments app apple arab arpa art asia audi auto band "
    "bank bar bargains bayern beer berlin best bid bike biz black blog blue bmw boats build builders business buzz "
    "cafe camera capital car cards care cars cat center cheap church city click clinic clothing cloud club codes "
    "coffee com community company construction consulting cool coop cricket date deals delivery dental design dev "
    "diamonds digital directory discount doctor dog domains download eco edu education email energy engineer "
    "engineering enterprises equipment estate eus events example exchange expert express faith farm fashion film "
    "finance financial fish fit fitness flights flowers food football foundation fun fyi gal gallery game games "
    "garden gdn gifts global gmbh gold golf google gov graphics green group guru hamburg health hockey holdings "
    "holiday homes horse hospital host hosting hotel house icu inc industries info ink institute insure int "
    "international invalid io irish istanbul jewelry jobs kim kitchen koeln land lat law lawyer legal life limited "
    "limo link live llc loan lol london ltd luxury management market marketing markets media men microsoft mil mobi "
    "moe money moscow museum music name net network news ngo ninja nyc one ong onion online ooo org page paris "
    "partners parts party pet photo photography photos pics pictures pink pizza plus post press pro productions "
    "properties pub quebec racing realty recipes red rent restaurant review rocks run sale sap school science scot "
    "services shoes shop show site ski soccer social software solar solutions space store stream studio supply "
    "support surf swiss systems tax taxi team tech technology tel tennis test theater tickets tirol today tokyo "
    "tools top tours town trade training travel tv university vacations ventures video vip voyage wales website "
    "wien win wine work works world wtf xxx xyz yachts yoga zone "
)
TLDS = word_set(f"{_COUNTRIES} {_GENERIC} xn--p1ai xn--fiqs8s рф 中国")
