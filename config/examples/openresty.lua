-- A selector as it stood in OpenResty, with its names: a list of backends, a function on the host, and a
-- hash written in Lua. What was "ngx.var.host" is "request.host" here; the last function is new.

listen   = "127.0.0.1:8080"
backends = { "10.0.0.11:80", "10.0.0.12:80", "10.0.0.13:80", "10.0.0.14:80", "10.0.0.15:80" }

-- LuaJIT's library where there is one, Lua 5.2's else: both agree on 32 bits.
local bit = bit or bit32

-- FNV-1a with 32 bits. The product goes in two halves, because a number holds 53 bits.
local function fnv1a(key)
  local h = 2166136261
  for i = 1, #key do
    h = bit.bxor(h, key:byte(i)) % 4294967296
    h = (h % 65536 * 16777619 + math.floor(h / 65536) * 16777619 % 65536 * 65536) % 4294967296
  end
  return h
end

local function get_backend(host)
  return backends[fnv1a(host) % #backends + 1]
end

function select(request)
  return get_backend(request.host)
end
