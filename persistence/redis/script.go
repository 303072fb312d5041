package redis

import "github.com/gomodule/redigo/redis"

// script is run by its hash, and sent when the server does not know it. Its first argument is the number of keys.
func script(source string) *redis.Script { return redis.NewScript(-1, source) }

// standing is Lua that several scripts begin with: how a stream stands. XINFO answers in pairs; a Redis before 7 does not
// count what was added.
const standing = `
local function standing(stream)
  local s = { first = '', last = '0-0', removed = -1 }
  if redis.call('EXISTS', stream) == 0 then
    s.removed = 0
    return s
  end
  local info, told = redis.call('XINFO', 'STREAM', stream), {}
  for i = 1, #info, 2 do
    told[info[i]] = info[i + 1]
  end
  s.last = told['last-generated-id']
  if told['first-entry'] then
    s.first = told['first-entry'][1]
  end
  if told['entries-added'] then
    s.removed = told['entries-added'] - told['length']
  end
  return s
end
`

// appendScript writes a batch, unless the epoch is another (then it answers nothing) or it has done so before.
//
// Keys: epoch, writer, streams. Arguments: epoch, number of the batch, greatest length, sender, life of the number in
// milliseconds, then for each entry the index of its stream, namespace, type, data, sequence.
var appendScript = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return {}
end
local done = redis.call('HMGET', KEYS[2], 'batch', 'ids')
if done[1] and tonumber(done[1]) >= tonumber(ARGV[2]) then
  local ids = {}
  if tonumber(done[1]) == tonumber(ARGV[2]) then
    for id in string.gmatch(done[2], '%S+') do
      ids[#ids + 1] = id
    end
  end
  return ids
end
local ids = {}
for i = 6, #ARGV, 5 do
  local stream = KEYS[2 + tonumber(ARGV[i])]
  if ARGV[i + 3] == '' then
    ids[#ids + 1] = redis.call('XADD', stream, 'MAXLEN', '~', ARGV[3], '*', 'uid', ARGV[4], 'nsp', ARGV[i + 1], 'type', ARGV[i + 2], 'seq', ARGV[i + 4])
  else
    ids[#ids + 1] = redis.call('XADD', stream, 'MAXLEN', '~', ARGV[3], '*', 'uid', ARGV[4], 'nsp', ARGV[i + 1], 'type', ARGV[i + 2], 'data', ARGV[i + 3], 'seq', ARGV[i + 4])
  end
end
redis.call('HSET', KEYS[2], 'batch', ARGV[2], 'ids', table.concat(ids, ' '))
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return ids
`)

// epochScript changes the epoch from one to another, and answers which it is then. Marks of the old one are dropped, and the
// trimming says since when there are new ones.
//
// Keys: epoch, then for each stream its own, that of its trimming and that of its marks. Arguments: the epoch that is
// expected, or nothing for none, and the new one.
var epochScript = script(standing + `
local function scoreOf(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return string.format('%.0f', tonumber(ms) * 4096 + math.min(tonumber(seq), 4095))
end
local epoch = redis.call('GET', KEYS[1]) or ''
if epoch ~= ARGV[1] then
  return epoch
end
redis.call('SET', KEYS[1], ARGV[2])
local time = redis.call('TIME')
local born = string.format('%.0f', (tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)) * 4096)
for i = 2, #KEYS, 3 do
  redis.call('DEL', KEYS[i + 1], KEYS[i + 2])
  local s = standing(KEYS[i])
  redis.call('HSET', KEYS[i + 1], 'removed', s.removed, 'born', born)
  if s.removed ~= 0 then -- and nothing is known of what that was
    redis.call('HSET', KEYS[i + 1], 'floor', scoreOf(s.last))
  end
end
return ARGV[2]
`)

// lookScript answers whether an entry is there, the first and last positions of the stream and up to which it was trimmed.
//
// Keys: stream, trimming. Arguments: position.
var lookScript = script(standing + `
local s = standing(KEYS[1])
local found = #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1], 'COUNT', 1)
return { found, s.first, s.last, redis.call('HGET', KEYS[2], 'through') or '' }
`)

// sinceScript answers what Since needs to decide and the entries, all of one moment: epoch, whether the position is there,
// first and last, whether nobody else has trimmed, up to which was trimmed, below which nothing is known, the highest mark,
// the entries.
//
// Keys: epoch, stream, trimming, marks. Arguments: position, that after it, how many entries, then members of the marks.
var sinceScript = script(standing + `
local s = standing(KEYS[2])
local trim = redis.call('HMGET', KEYS[3], 'removed', 'through', 'floor')
local highest = ''
for i = 4, #ARGV do
  local score = redis.call('ZSCORE', KEYS[4], ARGV[i])
  if score and (highest == '' or tonumber(score) > tonumber(highest)) then
    highest = score
  end
end
local alone = 0
if s.removed >= 0 and tonumber(trim[1] or 0) == s.removed then
  alone = 1
end
return {
  redis.call('GET', KEYS[1]) or '', #redis.call('XRANGE', KEYS[2], ARGV[1], ARGV[1], 'COUNT', 1), s.first, s.last, alone,
  trim[2] or '', trim[3] or '', highest, redis.call('XRANGE', KEYS[2], ARGV[2], '+', 'COUNT', ARGV[3]),
}
`)

// marksScript answers what is remembered of entries that were taken out: first and last position of the stream, whether
// nobody else has trimmed, since when it is remembered, below which nothing is known, how many marks there are, and the
// latest of them with their scores, the oldest first.
//
// Keys: stream, trimming, marks. Arguments: how many marks.
var marksScript = script(standing + `
local s = standing(KEYS[1])
local trim = redis.call('HMGET', KEYS[2], 'removed', 'born', 'floor')
local alone = 0
if s.removed >= 0 and tonumber(trim[1] or 0) == s.removed then
  alone = 1
end
return {
  s.first, s.last, alone, trim[2] or '', trim[3] or '', redis.call('ZCARD', KEYS[3]),
  redis.call('ZRANGE', KEYS[3], -tonumber(ARGV[1]), -1, 'WITHSCORES'),
}
`)

// trimScript takes the oldest entries out, after noting the marks that were made of them, and answers how many. It does
// nothing, and answers -1, when others have taken them meanwhile.
//
// Keys: stream, trimming, marks. Arguments: the first entry, the last one to take, the position after that, how many marks
// to keep, the score of the first entry, then scores and members of marks.
var trimScript = script(standing + `
local s = standing(KEYS[1])
if s.first ~= ARGV[1] then
  return -1
end
local removed = tonumber(redis.call('HGET', KEYS[2], 'removed') or 0)
if removed ~= s.removed then -- others have trimmed, and left no marks
  redis.call('HSET', KEYS[2], 'floor', ARGV[5])
  removed = s.removed
end
for i = 6, #ARGV, 2 do
  redis.call('ZADD', KEYS[3], 'GT', ARGV[i], ARGV[i + 1])
end
local surplus = redis.call('ZCARD', KEYS[3]) - tonumber(ARGV[4])
if surplus > 0 then
  local gone = redis.call('ZPOPMIN', KEYS[3], surplus)
  local floor = tonumber(redis.call('HGET', KEYS[2], 'floor') or 0)
  if tonumber(gone[#gone]) > floor then
    redis.call('HSET', KEYS[2], 'floor', gone[#gone])
  end
end
local n = redis.call('XTRIM', KEYS[1], 'MINID', ARGV[3])
redis.call('HSET', KEYS[2], 'removed', string.format('%.0f', removed + n), 'through', ARGV[2])
return n
`)
