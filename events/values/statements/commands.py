"""Commands of key-value stores without their keys and values: `SET ? ?`."""

import re2

from events.values.wordlists import word_set

# Redis, Valkey, memcached: what a client sends first. A word that is none of them may be a key, and does not stay.
COMMANDS = word_set(
    "append auth bgrewriteaof bgsave bitcount bitfield bitfield_ro bitop bitpos blmove blmpop blpop brpop "
    "brpoplpush bzmpop bzpopmax bzpopmin copy dbsize decr decrby del discard dump echo eval eval_ro evalsha "
    "evalsha_ro exec exists expire expireat expiretime failover fcall fcall_ro flushall flushdb geoadd geodist "
    "geohash geopos georadius georadius_ro georadiusbymember geosearch geosearchstore get getbit getdel getex "
    "getrange getset hdel hello hexists hexpire hget hgetall hgetdel hgetex hincrby hincrbyfloat hkeys hlen hmget "
    "hmset hpersist hpexpire hpttl hrandfield hscan hset hsetex hsetnx hstrlen httl hvals incr incrby incrbyfloat "
    "info keys lastsave lcs lindex linsert llen lmove lmpop lolwut lpop lpos lpush lpushx lrange lrem lset ltrim "
    "mget migrate monitor move mset msetnx multi persist pexpire pexpireat pexpiretime pfadd pfcount pfmerge ping "
    "psetex psubscribe psync pttl publish punsubscribe quit randomkey readonly readwrite rename renamenx "
    "replicaof reset restore role rpop rpoplpush rpush rpushx sadd save scan scard sdiff sdiffstore select set "
    "setbit setex setnx setrange shutdown sinter sintercard sinterstore sismember slaveof smembers smismember "
    "smove sort sort_ro spop spublish srandmember srem sscan ssubscribe strlen subscribe substr sunion "
    "sunionstore sunsubscribe swapdb sync time touch ttl type unlink unsubscribe unwatch wait waitaof watch xack "
    "xadd xautoclaim xclaim xdel xlen xpending xrange xread xreadgroup xrevrange xsetid xtrim zadd zcard zcount "
    "zdiff zdiffstore zincrby zinter zintercard zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember "
    "zrange zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank zremrangebyscore "
    "zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion zunionstore add cas decr delete "
    "flush_all gat gats gets incr me mg mn ms prepend replace stats verbosity version "
)
# The second word of these says what is done.
_WITH_PART = word_set(
    "acl client cluster command config debug function latency memory module object pubsub script sentinel slowlog "
    "xgroup xinfo "
)
# Modules of Redis: JSON.SET, FT.SEARCH.
_MODULE = re2.compile(r"(?i)^(?:json|ft|ts|bf|cf|cms|topk|tdigest|graph|vset)\.[a-z_]{2,20}$")
_WORDS = re2.compile(r"\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?|[^\s\"']+")
# What a span is called that runs no single command: `redis.pipeline.execute`, `redis-GET`.
_PART = re2.compile(r"[A-Za-z]+")
_NAMES = word_set("redis valkey memcached memcache ioredis pipeline pipelined connect connection transaction cache")
_MOST = 3


def opens(text: str) -> bool:
    """Whether a text begins like a command."""
    first = text.split(None, 1)[0].lower() if text.strip() else ""
    return first in COMMANDS or first in _WITH_PART or _MODULE.search(first) is not None


def masked(text: str) -> str:
    """Each line's command and a `?` for each of its words, at most three; a line that is no command is one `?`."""
    return "\n".join(_line(line) for line in text.strip().splitlines())


def name(text: str) -> str:
    """The name of a span, which may be a command, or what a library calls such a span."""
    parts = [part.lower() for part in _PART.findall(text)]
    if len(text.split()) == 1 and any(part in _NAMES or part in COMMANDS for part in parts):
        return text
    return masked(text)


def _line(line: str) -> str:
    words = _WORDS.findall(line[:4096])
    if not words:
        return ""
    kept = 1 if opens(words[0]) else 0
    if words[0].lower() in _WITH_PART and len(words) > 1 and words[1].isalpha():
        kept = 2
    return " ".join(words[:kept] + ["?"] * min(len(words) - kept, _MOST if kept else 1))
